--[[
How a call went.

KEYS  1 the server (hash: next, paused, open = ms; failures)
ARGV  1 'answered', 'failed' or 'throttled'   2 failures in a row that stop calls   3 for how long, ms   4 of 'throttled': the pause, ms
Returns 1 if calls are suspended from now on, because of failures.
]]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if ARGV[1] == 'answered' then
  redis.call('HDEL', KEYS[1], 'failures', 'open')
  return 0
end
if ARGV[1] == 'throttled' then
  local paused = tonumber(redis.call('HGET', KEYS[1], 'paused') or 0)
  redis.call('HSET', KEYS[1], 'paused', math.max(paused, now + tonumber(ARGV[4])))
  -- It did answer: it asks us to wait.
  redis.call('HDEL', KEYS[1], 'failures', 'open')
  redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[4]) + 120000)
  return 0
end
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
if redis.call('PTTL', KEYS[1]) < 60000 then redis.call('PEXPIRE', KEYS[1], 120000) end
if failures < tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'open', now + tonumber(ARGV[3]))
return failures == tonumber(ARGV[2]) and 1 or 0
