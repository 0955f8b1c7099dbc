--[[
The list of a subscriber's subscriptions. An entry is noted before the registration, and forgotten only once it is old, so
that every registration is listed, whatever runs concurrently; an entry without a registration is harmless.

KEYS  1 subscriptions of a subscriber (hash: subscription -> when it was noted, ms)
ARGV  1 'note' | 'find' (noted only if it is not there) | 'forget' (unless it was noted lately)   2 … subscriptions, encoded
      'forget' only: 2 how long an entry stays at least, ms   3 … subscriptions
Returns nothing. Safe to run twice.
]]
local subscriptions = KEYS[1]
local time = redis.call('TIME')
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

if ARGV[1] == 'forget' then
  for at = 3, #ARGV do
    local noted = redis.call('HGET', subscriptions, ARGV[at])
    if noted and math.abs(nowMs - tonumber(noted)) > tonumber(ARGV[2]) then redis.call('HDEL', subscriptions, ARGV[at]) end
  end
  return
end
for at = 2, #ARGV do
  redis.call(ARGV[1] == 'note' and 'HSET' or 'HSETNX', subscriptions, ARGV[at], string.format('%.0f', nowMs))
end
