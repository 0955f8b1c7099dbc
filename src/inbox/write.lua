--[[
Puts posts into one inbox, each post once, and keeps the inbox within its bounds.

KEYS  1 items (stream: post, matched_by, identity)   2 seen (hash: identity -> item id)   3 state (hash)
      4 merged (hash: item id -> further matched_by, one JSON object a line)
      5 read (zset)   6 kept unread (zset)   7 starred (zset)
      8 gone (zset: identity of an item that a bound removed, by its time; so that a replay does not bring it back)
ARGV  1 most items, 0 = no bound   2 longest age in ms, 0 = no bound   3 how long a removed item is remembered, in ms
      then for each post: identity, post (JSON), match (JSON), length of the part of `match` that names the subscription
Returns for each post: 1 delivered, 2 duplicate, 3 merged into an item that another subscription brought.

Safe to run twice because the second run finds each identity in `seen`. A post whose item is neither in the stream nor in `gone`
was deleted behind our back: it is delivered again.
]]
local items, seen, state, merged, read, kept, starred, gone = unpack(KEYS)
local maxItems, maxAgeMs, rememberMs = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local FORGET_AT_ONCE = 200

for at, expected in ipairs({ 'stream', 'hash', 'hash' }) do
  local found = redis.call('TYPE', KEYS[at]).ok
  if found ~= expected and found ~= 'none' then
    return redis.error_reply('WRONGTYPE ' .. KEYS[at] .. ' is a ' .. found .. ', not a ' .. expected)
  end
end

local function append(identity, post, match)
  local id = redis.call('XADD', items, '*', 'post', post, 'matched_by', match, 'identity', identity)
  redis.call('HSET', seen, identity, id)
  redis.call('HINCRBY', state, 'unread', 1)
  return 1
end

-- A second match for a post that is there: noted beside it, unless its subscription stands there already.
local function merge(item, match, subscriptionLength)
  local subscription = string.sub(match, 1, subscriptionLength)
  local first = item[2][4] or ''
  local others = redis.call('HGET', merged, item[1]) or ''
  if string.sub(first, 1, subscriptionLength) == subscription
    or string.find('\n' .. others, '\n' .. subscription, 1, true) then
    return 2
  end
  redis.call('HSET', merged, item[1], others == '' and match or others .. '\n' .. match)
  return 3
end

local function dropState(id)
  local wasUnread = isUnread(id, markOf(state), read, kept)
  if wasUnread then redis.call('HINCRBY', state, 'unread', -1) end
  redis.call('ZREM', read, id)
  redis.call('ZREM', kept, id)
  redis.call('ZREM', starred, id)
  redis.call('HDEL', merged, id)
  return wasUnread
end

local function put(identity, post, match, subscriptionLength)
  local id = redis.call('HGET', seen, identity)
  if not id then return append(identity, post, match) end
  local item = redis.call('XRANGE', items, id, id)[1]
  if item then return merge(item, match, subscriptionLength) end
  if redis.call('ZSCORE', gone, identity) then return 2 end
  dropState(id)
  return append(identity, post, match)
end

local function remove(item, nowMs)
  local id, identity = item[1], item[2][6]
  if dropState(id) then
    redis.call('HINCRBY', state, 'gap', 1)
    redis.call('HSET', state, 'gap_until', id)
  end
  redis.call('XDEL', items, id)
  if not identity then return end
  if parts(id) > nowMs - rememberMs then
    redis.call('ZADD', gone, (parts(id)), identity)
  else
    redis.call('HDEL', seen, identity)
  end
end

local results = {}
for at = 4, #ARGV, 4 do
  results[#results + 1] = put(ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3]))
end

local now = redis.call('TIME')
local nowMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
local surplus = maxItems > 0 and redis.call('XLEN', items) - maxItems or 0
if surplus > 0 then
  local most = math.min(surplus, FORGET_AT_ONCE + #results)
  for _, item in ipairs(redis.call('XRANGE', items, '-', '+', 'COUNT', most)) do remove(item, nowMs) end
end
if maxAgeMs > 0 then
  local oldest = string.format('%.0f', math.max(0, nowMs - maxAgeMs - 1))
  for _, item in ipairs(redis.call('XRANGE', items, '-', oldest, 'COUNT', FORGET_AT_ONCE)) do remove(item, nowMs) end
end
for _, identity in ipairs(redis.call('ZRANGEBYSCORE', gone, '-inf', nowMs - rememberMs, 'LIMIT', 0, FORGET_AT_ONCE)) do
  redis.call('HDEL', seen, identity)
  redis.call('ZREM', gone, identity)
end
return results
