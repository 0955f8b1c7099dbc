--[[
Writes posts into inboxes, each post once. The hot path: rare cases are left to other scripts.

KEYS  for each inbox: items (stream: post, matched_by, identity). The names of its other keys begin with that one, in its slot: to send them
      all costs more than the rest of a call. On a Cluster they follow nevertheless: while a slot moves, its node must know of them
ARGV  1 ms from one look at the ages to the next, 0 = ages do not matter   2 as what the inboxes are admitted (admit.lua)
      3 until this time, in ms, an earlier version may run; 0 = no post has a former identity, or none runs
      4 1 if any post has a former identity
      5 … 9 how the names of an inbox's other keys end: seen (hash: identity -> item id), state (hash), merged (hash: item id -> further
      matched_by, one JSON object a line), removed (see removed.lua), gone (zset, see bound.lua; used if ARGV[3] is not 0)
      10 number of keys in KEYS for each inbox
      then for each inbox: most items (0 = no bound), number of posts, the identity of each (no two alike), if ARGV[4] is 1 the former
      identity of each or '', and for each:
      post (JSON; '' = the body lies in the post's own key), match (JSON: subscription_id, match_score)
Returns one list. For each inbox the text of an error, or for each post: 1 delivered, 2 duplicate, 3 merged into an item that
  another subscription brought, 4 seen by its former identity, or seen, but its item is gone: restore.lua decides, 5 nothing was written,
  since the inbox is not admitted as that: admit.lua decides; and behind them 1 if bound.lua has work, else 0.

Several inboxes in one call only where one server holds them all: on a Cluster a call has one.
Safe to run twice because the second run finds each identity in `seen`, or in `removed`. Of each inbox everything is read before anything is written:
a key of the wrong type, or a Redis that is full, leaves it as it was.
]]
local call = redis.call
local sweepEveryMs, admittedAs, earlierUntilMs = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local hasFormer = ARGV[4] == '1'
local SEEN, STATE, MERGED, REMOVED, GONE = unpack(ARGV, 5, 9)
local replies, none = {}, {}

-- A further match for an existing post: recorded with it, unless its subscription is already recorded.
local function merge(items, id, match)
  local found = call('XRANGE', items, id, id)[1]
  if not found then return 4 end
  local first, others = found[2][4] or '', call('HGET', items .. MERGED, id) or ''
  -- Quotes inside JSON strings are escaped, so the first `,"` is the one after the subscription.
  local subscription = string.sub(match, 1, string.find(match, ',"match_score":', 1, true))
  if string.sub(first, 1, #subscription) == subscription
    or string.find('\n' .. others, '\n' .. subscription, 1, true) then
    return 2
  end
  return 3, others == '' and match or others .. '\n' .. match
end

-- Which of the posts that are not in `seen` a limit removed, by the identities from there on: their places.
local function removedPlaces(removed, known, ids, from)
  local identities, places, found = {}, {}, {}
  for n, id in ipairs(ids) do
    if not id then
      identities[#identities + 1] = ARGV[from + n - 1]
      places[#places + 1] = n
    end
  end
  for at, isRemoved in ipairs(areRemoved(removed, known, identities)) do found[places[at]] = isRemoved end
  return found
end

-- So that an earlier version finds the post, too: it looks for this identity, and takes what is in `gone` for remembered, not for items.
-- A time with a half says that it stands for another identity.
local function addFormer(seen, gone, formers, id)
  local ms = string.match(id, '^%d+')
  if tonumber(ms) >= earlierUntilMs then return end
  for identity, itemId in pairs(formers) do
    if call('HSETNX', seen, identity, itemId) == 1 then call('ZADD', gone, ms .. '.5', identity) end
  end
end

-- Writes its results to replies[at + 1 …]; the first identity is ARGV[from].
local function write(at, items, maxItems, count, from)
  local seen, state = items .. SEEN, items .. STATE
  local gone = earlierUntilMs > 0 and items .. GONE
  if gone then call('ZCARD', gone) end
  local total = call('XLEN', items)
  local known = call('HMGET', state, 'next_sweep', 'removed', 'admitted')
  local nextSweep, removed = known[1], known[2] and items .. REMOVED
  if known[3] ~= admittedAs then
    for n = 1, count do replies[at + n] = 5 end
    replies[at + count + 1] = 0
    return
  end
  local ids = call('HMGET', seen, unpack(ARGV, from, from + count - 1))
  local byFormer = hasFormer and call('HMGET', seen, unpack(ARGV, from + count, from + 2 * count - 1)) or none
  local bodies = from + (hasFormer and 2 or 1) * count
  local isRemoved = known[2] and removedPlaces(removed, known[2], ids, from) or none
  local wasRemoved = known[2] and hasFormer and removedPlaces(removed, known[2], ids, from + count) or none
  local fresh, changed = 0, nil
  for n = 1, count do
    if ids[n] then
      local code, others = merge(items, ids[n], ARGV[bodies + 2 * n - 1])
      if others then
        changed = changed or {}
        changed[ids[n]] = others
      end
      replies[at + n] = code
    elseif isRemoved[n] then
      replies[at + n] = 2
    elseif byFormer[n] or wasRemoved[n] then
      replies[at + n] = 4
    else
      fresh = fresh + 1
      replies[at + n] = 1
    end
  end

  local hasWork = 0
  if fresh > 0 then
    local added, formers, id = {}, {}, nil
    for n = 1, count do
      if replies[at + n] == 1 then
        local identity, body = ARGV[from + n - 1], bodies + 2 * (n - 1)
        id = call('XADD', items, '*', 'post', ARGV[body], 'matched_by', ARGV[body + 1], 'identity', identity)
        added[#added + 1] = identity
        added[#added + 1] = id
        if hasFormer and ARGV[from + count + n - 1] ~= '' then formers[ARGV[from + count + n - 1]] = id end
      end
    end
    call('HSET', seen, unpack(added))
    if gone then addFormer(seen, gone, formers, id) end
    call('HINCRBY', state, 'unread', fresh)
    if maxItems > 0 and total + fresh > maxItems then hasWork = 1 end
    if sweepEveryMs > 0 then
      local nowMs = tonumber(string.match(id, '^%d+'))
      if not nextSweep and total == 0 then
        call('HSET', state, 'next_sweep', string.format('%.0f', nowMs + sweepEveryMs))
      elseif nowMs >= tonumber(nextSweep or 0) then
        hasWork = 1
      end
    end
  end
  if changed then
    for id, others in pairs(changed) do call('HSET', items .. MERGED, id, others) end
  end
  replies[at + count + 1] = hasWork
end

-- Which key had the wrong type: Redis does not say.
local function explained(problem, items)
  -- Redis 7 throws tables, 6.2 strings.
  local text = type(problem) == 'table' and problem.err or problem
  if not string.find(text, 'WRONGTYPE', 1, true) then return text end
  local names = { items, items .. SEEN, items .. STATE, items .. MERGED, items .. REMOVED, earlierUntilMs > 0 and items .. GONE }
  for nth, expected in ipairs({ 'stream', 'hash', 'hash', 'hash', 'hash', 'zset' }) do
    local name = names[nth]
    local found = name and call('TYPE', name).ok or 'none'
    if found ~= 'none' and found ~= expected then
      return 'WRONGTYPE ' .. name .. ' is a ' .. found .. ', not a ' .. expected
    end
  end
  return text
end

local from, at = 11, 0
for key = 1, #KEYS, tonumber(ARGV[10]) do
  local items = KEYS[key]
  local count = tonumber(ARGV[from + 1])
  local isDone, problem = pcall(write, at, items, tonumber(ARGV[from]), count, from + 2)
  if isDone then
    at = at + count + 1
  else
    at = at + 1
    replies[at] = explained(problem, items)
  end
  from = from + 2 + (hasFormer and 4 or 3) * count
end
return replies
