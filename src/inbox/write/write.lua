--[[
Writes posts into inboxes, each post once. The hot path: rare cases are left to other scripts.

KEYS  for each inbox: items (stream: post, matched_by, identity), seen (hash: identity -> item id), state (hash),
      merged (hash: item id -> further matched_by, one JSON object a line), removed (see removed.lua)
ARGV  1 ms from one look at the ages to the next, 0 = ages do not matter   2 as what the inboxes are admitted (admit.lua)
      then for each inbox: most items (0 = no bound), number of posts, the identity of each (no two alike), and for each:
      post (JSON; '' = the body lies in the post's own key), match (JSON: subscription_id, match_score)
Returns one list. For each inbox the text of an error, or for each post: 1 delivered, 2 duplicate, 3 merged into an item that
  another subscription brought, 4 seen, but its item is gone: restore.lua decides, 5 nothing was written, since the inbox is not
  admitted as that: admit.lua decides; and behind them 1 if bound.lua has work, else 0.

Several inboxes in one call only where one server holds them all: on a Cluster a call has one.
Safe to run twice because the second run finds each identity in `seen`, or in `removed`. Of each inbox everything is read before anything is written:
a key of the wrong type, or a Redis that is full, leaves it as it was.
]]
local call = redis.call
local sweepEveryMs, admittedAs = tonumber(ARGV[1]), ARGV[2]
local replies = {}

-- A further match for an existing post: recorded with it, unless its subscription is already recorded.
local function merge(items, merged, id, match)
  local found = call('XRANGE', items, id, id)[1]
  if not found then return 4 end
  local first, others = found[2][4] or '', call('HGET', merged, id) or ''
  -- Quotes inside JSON strings are escaped, so the first `,"` is the one after the subscription.
  local subscription = string.sub(match, 1, string.find(match, ',"match_score":', 1, true))
  if string.sub(first, 1, #subscription) == subscription
    or string.find('\n' .. others, '\n' .. subscription, 1, true) then
    return 2
  end
  return 3, others == '' and match or others .. '\n' .. match
end

-- Which of the posts that are not in `seen` a limit removed: their places.
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

-- Writes its results to replies[at + 1 …]; the first identity is ARGV[from].
local function write(at, items, seen, state, merged, removed, maxItems, count, from)
  local total = call('XLEN', items)
  local known = call('HMGET', state, 'next_sweep', 'removed', 'admitted')
  local nextSweep = known[1]
  if known[3] ~= admittedAs then
    for n = 1, count do replies[at + n] = 5 end
    replies[at + count + 1] = 0
    return
  end
  local ids = call('HMGET', seen, unpack(ARGV, from, from + count - 1))
  local bodies = from + count
  local isRemoved = known[2] and removedPlaces(removed, known[2], ids, from) or {}
  local fresh, changed = 0, nil
  for n = 1, count do
    if ids[n] then
      local code, others = merge(items, merged, ids[n], ARGV[bodies + 2 * n - 1])
      if others then
        changed = changed or {}
        changed[ids[n]] = others
      end
      replies[at + n] = code
    elseif isRemoved[n] then
      replies[at + n] = 2
    else
      fresh = fresh + 1
      replies[at + n] = 1
    end
  end

  local hasWork = 0
  if fresh > 0 then
    local added, id = {}, nil
    for n = 1, count do
      if replies[at + n] == 1 then
        local identity, body = ARGV[from + n - 1], bodies + 2 * (n - 1)
        id = call('XADD', items, '*', 'post', ARGV[body], 'matched_by', ARGV[body + 1], 'identity', identity)
        added[#added + 1] = identity
        added[#added + 1] = id
      end
    end
    call('HSET', seen, unpack(added))
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
    for id, others in pairs(changed) do call('HSET', merged, id, others) end
  end
  replies[at + count + 1] = hasWork
end

-- Which key had the wrong type: Redis does not say.
local function explained(problem, key)
  -- Redis 7 throws tables, 6.2 strings.
  local text = type(problem) == 'table' and problem.err or problem
  if not string.find(text, 'WRONGTYPE', 1, true) then return text end
  for offset, expected in ipairs({ 'stream', 'hash', 'hash', 'hash', 'hash' }) do
    local name = KEYS[key + offset - 1]
    local found = call('TYPE', name).ok
    if found ~= 'none' and found ~= expected then
      return 'WRONGTYPE ' .. name .. ' is a ' .. found .. ', not a ' .. expected
    end
  end
  return text
end

local from, at = 3, 0
for key = 1, #KEYS, 5 do
  local count = tonumber(ARGV[from + 1])
  local isDone, problem = pcall(
    write, at, KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3], KEYS[key + 4], tonumber(ARGV[from]), count, from + 2)
  if isDone then
    at = at + count + 1
  else
    at = at + 1
    replies[at] = explained(problem, key)
  end
  from = from + 2 + 3 * count
end
return replies
