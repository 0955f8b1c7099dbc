--[[
Stars or unstars items of one inbox.

KEYS  1 items   2 starred
ARGV  1 '1' = star, '0' = no star   2 … item ids
Returns how many of them exist; the others are ignored. Safe to run twice: it sets, it does not toggle.
]]
local items, starred = KEYS[1], KEYS[2]
local found = 0
for at = 2, #ARGV do
  local id = ARGV[at]
  if hasItem(items, id) then
    found = found + 1
    if ARGV[1] == '1' then
      redis.call('ZADD', starred, string.match(id, '^%d+'), id)
    else
      redis.call('ZREM', starred, id)
    end
  end
end
return found
