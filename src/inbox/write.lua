--[[
Puts posts into one inbox, each post once. The hot path of the product: everything that is seldom needed is left to other scripts.

KEYS  1 items (stream: post, matched_by, identity)   2 seen (hash: identity -> item id)   3 state (hash)
      4 merged (hash: item id -> further matched_by, one JSON object a line)
ARGV  1 most items, 0 = no bound   2 ms from one look at the ages to the next, 0 = ages do not matter
      then for each post: identity, post (JSON; '' = the body lies in the post's own key), match (JSON),
      length of the part of `match` that names the subscription
Returns for each post: 1 delivered, 2 duplicate, 3 merged into an item that another subscription brought,
  4 seen, but its item is gone: restore.lua decides. Behind them 1 if bound.lua has work, else 0.

Safe to run twice because the second run finds each identity in `seen`. Everything is read before anything is written: a key of
the wrong type, or a Redis that is full, leaves the inbox as it was.
]]
local items, seen, state, merged = unpack(KEYS)
local maxItems, sweepEveryMs = tonumber(ARGV[1]), tonumber(ARGV[2])

local total = redis.pcall('XLEN', items)
if type(total) == 'table' then
  return redis.error_reply('WRONGTYPE ' .. items .. ' is a ' .. redis.call('TYPE', items).ok .. ', not a stream')
end
local nextSweep = redis.call('HGET', state, 'next_sweep')
local identities = {}
for at = 3, #ARGV, 4 do identities[#identities + 1] = ARGV[at] end
local ids = redis.call('HMGET', seen, unpack(identities))

-- What stands in the inbox, or will when this call ends: { id, first match, further matches, isChanged }, by identity.
local known, fresh, changed, results = {}, {}, {}, {}

local function find(id)
  local item = redis.call('XRANGE', items, id, id)[1]
  if not item then return { isGone = true } end
  return { id = id, first = item[2][4] or '', others = redis.call('HGET', merged, id) or '' }
end

-- A second match for a post that is there: noted beside it, unless its subscription stands there already.
local function merge(item, match, subscriptionLength)
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

for at, identity in ipairs(identities) do
  local place = 4 * at - 1
  local match = ARGV[place + 2]
  local item = known[identity]
  if not item and not ids[at] then
    item = { identity = identity, post = ARGV[place + 1], first = match, others = '' }
    fresh[#fresh + 1] = item
    results[at] = 1
  else
    item = item or find(ids[at])
    results[at] = merge(item, match, tonumber(ARGV[place + 3]))
  end
  known[identity] = item
end

local hasWork = 0
if #fresh > 0 then
  local pairsSeen = {}
  for at, item in ipairs(fresh) do
    item.id = redis.call('XADD', items, '*', 'post', item.post, 'matched_by', item.first, 'identity', item.identity)
    pairsSeen[2 * at - 1], pairsSeen[2 * at] = item.identity, item.id
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
results[#results + 1] = hasWork
return results
