--[[
Puts posts into inboxes, each post once. The hot path of the product: everything that is seldom needed is left to other scripts.

KEYS  for each inbox: items (stream: post, matched_by, identity), seen (hash: identity -> item id), state (hash),
      merged (hash: item id -> further matched_by, one JSON object a line)
ARGV  1 ms from one look at the ages to the next, 0 = ages do not matter
      then for each inbox: most items (0 = no bound), number of posts, and for each post: identity, post (JSON; '' = the body lies in
      the post's own key), match (JSON), length of the part of `match` that names the subscription
Returns for each inbox the text of an error, or for each post: 1 delivered, 2 duplicate, 3 merged into an item that another
  subscription brought, 4 seen, but its item is gone: restore.lua decides; and behind them 1 if bound.lua has work, else 0.

Several inboxes in one call only where one server holds them all: on a Cluster a call has one.
Safe to run twice because the second run finds each identity in `seen`. Of each inbox everything is read before anything is written:
a key of the wrong type, or a Redis that is full, leaves it as it was.
]]
local sweepEveryMs = tonumber(ARGV[1])

-- A second match for a post that is there: noted beside it, unless its subscription stands there already.
local function merge(item, match, subscriptionLength, changed)
  if item.isGone then return 4 end
  local subscription = string.sub(match, 1, subscriptionLength)
  if string.sub(item.first, 1, subscriptionLength) == subscription
    or string.find('\n' .. item.others, '\n' .. subscription, 1, true) then
    return 2
  end
  item.others = item.others == '' and match or item.others .. '\n' .. match
  changed[item] = true
  return 3
end

-- `from`: place of the first post in ARGV.
local function write(items, seen, state, merged, maxItems, from, count)
  local total = redis.pcall('XLEN', items)
  if type(total) == 'table' then
    return 'WRONGTYPE ' .. items .. ' is a ' .. redis.call('TYPE', items).ok .. ', not a stream'
  end
  local nextSweep = redis.call('HGET', state, 'next_sweep')
  local identities = {}
  for n = 1, count do identities[n] = ARGV[from + 4 * (n - 1)] end
  local ids = redis.call('HMGET', seen, unpack(identities))

  -- What stands in the inbox, or will when this call ends: { id, first match, further matches }, by identity.
  local known, fresh, changed, results = {}, {}, {}, {}
  for n, identity in ipairs(identities) do
    local place = from + 4 * (n - 1)
    local item = known[identity]
    if not item and not ids[n] then
      item = { identity = identity, post = ARGV[place + 1], first = ARGV[place + 2], others = '' }
      fresh[#fresh + 1] = item
      results[n] = 1
    else
      if not item then
        local found = redis.call('XRANGE', items, ids[n], ids[n])[1]
        item = found
          and { id = ids[n], first = found[2][4] or '', others = redis.call('HGET', merged, ids[n]) or '' }
          or { isGone = true }
      end
      results[n] = merge(item, ARGV[place + 2], tonumber(ARGV[place + 3]), changed)
    end
    known[identity] = item
  end

  local hasWork = 0
  if #fresh > 0 then
    local pairsSeen = {}
    for n, item in ipairs(fresh) do
      item.id = redis.call('XADD', items, '*', 'post', item.post, 'matched_by', item.first, 'identity', item.identity)
      pairsSeen[2 * n - 1], pairsSeen[2 * n] = item.identity, item.id
    end
    redis.call('HSET', seen, unpack(pairsSeen))
    redis.call('HINCRBY', state, 'unread', #fresh)
    local nowMs = tonumber(string.match(fresh[#fresh].id, '^%d+'))
    if maxItems > 0 and total + #fresh > maxItems then hasWork = 1 end
    if sweepEveryMs > 0 and not nextSweep and total == 0 then
      redis.call('HSET', state, 'next_sweep', string.format('%.0f', nowMs + sweepEveryMs))
    elseif sweepEveryMs > 0 and nowMs >= tonumber(nextSweep or 0) then
      hasWork = 1
    end
  end
  for item in pairs(changed) do redis.call('HSET', merged, item.id, item.others) end
  results[count + 1] = hasWork
  return results
end

local replies = {}
local from = 2
for key = 1, #KEYS, 4 do
  local count = tonumber(ARGV[from + 1])
  local isDone, reply =
    pcall(write, KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3], tonumber(ARGV[from]), from + 2, count)
  -- Redis 7 throws tables, 6.2 texts.
  if not isDone and type(reply) == 'table' then reply = reply.err end
  replies[#replies + 1] = reply
  from = from + 2 + 4 * count
end
return replies
