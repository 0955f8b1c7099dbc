--[[
May a call go to this server now? Rate limit and pauses apply to all processes together.

KEYS  1 the server (hash: next, paused, open = ms; failures)
ARGV  1 ms between two calls   2 longest wait, ms   3 failures in a row that stop calls   4 how long one trial may take, ms
Returns the ms to wait before the call; or -1 and the least time for which calls are suspended.
]]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local found = redis.call('HMGET', KEYS[1], 'next', 'paused', 'open', 'failures')
local next, paused, open = tonumber(found[1] or 0), tonumber(found[2] or 0), tonumber(found[3] or 0)
local closedUntil = math.max(paused, open)
if now < closedUntil then return { -1, closedUntil - now } end
local at = math.max(now, next)
if at - now > tonumber(ARGV[2]) then return { -1, at - now } end
redis.call('HSET', KEYS[1], 'next', at + tonumber(ARGV[1]))
-- After the breaker's pause one call tries; the others wait for its outcome.
if tonumber(found[4] or 0) >= tonumber(ARGV[3]) then redis.call('HSET', KEYS[1], 'open', at + tonumber(ARGV[4])) end
if redis.call('PTTL', KEYS[1]) < 60000 then redis.call('PEXPIRE', KEYS[1], 120000) end
return { at - now, 0 }
