--[[
Extends the lives of shared posts to a given time, if they would expire earlier.

KEYS  the posts; on a Cluster one
ARGV  for each: until when, ms
Returns how many no longer exist. Safe to run twice: a life is only ever extended.
]]
local time = redis.call('TIME')
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local missing = 0
for at, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if left == -2 then missing = missing + 1 end
  if left >= 0 and nowMs + left < tonumber(ARGV[at]) then redis.call('PEXPIREAT', key, ARGV[at]) end
end
return missing
