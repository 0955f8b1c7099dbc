--[[
Makes posts that inboxes share live until a time, if they would not live as long.

KEYS  the posts; on a Cluster one
ARGV  for each: until when, ms
Returns how many are no longer there. Safe to run twice: a life is only ever lengthened.
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
