--[[
Stars or unstars an item of one inbox.

KEYS  1 items   2 starred
ARGV  1 item id   2 '1' = star, '0' = no star   3 the id's time in ms
Returns 1, or 0 if there is no such item. Safe to run twice: it sets, it does not toggle.
]]
if not hasItem(KEYS[1], ARGV[1]) then return 0 end
if ARGV[2] == '1' then
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
else
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return 1
