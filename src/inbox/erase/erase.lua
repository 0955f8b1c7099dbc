--[[
Erases an inbox in one step, and remembers when: nothing older is written into it again (admit.lua).

KEYS  1 erased (string: when, ms; without the name)   2 feed tokens   3 subscriptions   4 … all keys of the inbox
ARGV  1 how long that is remembered, ms   2 … the entries of `subscriptions` that were ended: subscription, when it was noted
Returns 1, or 0 and has changed nothing if there is a feed token, or a registration that was not ended: end it and call again.

Safe to run twice: the time moves on.
]]
local erased, tokens, subscriptions = KEYS[1], KEYS[2], KEYS[3]
local function size(key)
  return redis.call('TYPE', key).ok == 'hash' and redis.call('HLEN', key) or 0
end

local count = size(subscriptions)
if size(tokens) > 0 or count > (#ARGV - 1) / 2 then return 0 end
if count > 0 then
  local same = 0
  for at = 2, #ARGV, 2 do
    if redis.call('HGET', subscriptions, ARGV[at]) == ARGV[at + 1] then same = same + 1 end
  end
  if same < count then return 0 end
end
local time = redis.call('TIME')
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local before = tonumber(redis.call('GET', erased) or 0)
redis.call('SET', erased, string.format('%.0f', math.max(nowMs, before)), 'PX', ARGV[1])
for at = 2, #KEYS do redis.call('UNLINK', KEYS[at]) end
return 1
