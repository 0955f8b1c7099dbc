--[[
Registers or unregisters a subscriber, or ends a subscription.

KEYS  1 about (hash: created_at, unsubscribed_at)   2 subscribers (zset, every score 0: ordered by name)
      3 since (hash: subscriber -> when it registered, ms; an audit expects only later matches)
ARGV  1 'register' | 'unregister' | 'remove'   2 subscriber, encoded
Returns 1 if something changed, else 0. Safe to run twice: it only sets and deletes.
]]
local about, subscribers, since = KEYS[1], KEYS[2], KEYS[3]
local action, subscriber = ARGV[1], ARGV[2]

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Read first: a key of another type must stop the script before it writes.
redis.call('HGET', about, 'created_at')
redis.call('HGET', since, subscriber)
redis.call('ZSCORE', subscribers, subscriber)

if action == 'register' then
  redis.call('HSETNX', about, 'created_at', string.format('%.0f', now()))
  redis.call('HDEL', about, 'unsubscribed_at')
  redis.call('HSETNX', since, subscriber, string.format('%.0f', now()))
  return redis.call('ZADD', subscribers, 0, subscriber)
end

local changed
if action == 'unregister' then
  changed = redis.call('ZREM', subscribers, subscriber)
  redis.call('HDEL', since, subscriber)
else
  changed = redis.call('EXISTS', about)
  redis.call('DEL', subscribers, since)
end
if redis.call('EXISTS', about) == 1 and redis.call('ZCARD', subscribers) == 0 then
  redis.call('HSETNX', about, 'unsubscribed_at', string.format('%.0f', now()))
end
return changed
