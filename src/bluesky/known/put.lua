--[[
Keeps values within a size: the oldest ones make room.

KEYS  1 values (hash)   2 times (zset: name → ms)   3 bytes (string)
ARGV  1 most bytes   2 for how long a value is kept, ms; 0: as long as there is room
      3.. name, value, ms to add to its time (so that it stays longer than others)
Returns how many were removed. Safe to run twice.
]]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local mostBytes, keepMs = tonumber(ARGV[1]), tonumber(ARGV[2])
local bytes = tonumber(redis.call('GET', KEYS[3]) or 0)
-- About what Redis takes for the entries of hash and zset.
local function cost(name, value) return 2 * #name + math.ceil(1.2 * #value) + 230 end
local function drop(name)
  local value = redis.call('HGET', KEYS[1], name)
  if value then bytes = bytes - cost(name, value) end
  redis.call('HDEL', KEYS[1], name)
  redis.call('ZREM', KEYS[2], name)
end

for at = 3, #ARGV, 3 do
  drop(ARGV[at])
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[at + 2]), ARGV[at])
  bytes = bytes + cost(ARGV[at], ARGV[at + 1])
end
local removed = 0
while removed < 1000 do
  local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  if not oldest[1] then break end
  local isOld = keepMs > 0 and tonumber(oldest[2]) < now - keepMs
  if bytes <= mostBytes and not isOld then break end
  drop(oldest[1])
  removed = removed + 1
end
redis.call('SET', KEYS[3], math.max(0, bytes))
return removed
