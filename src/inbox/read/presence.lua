--[[
Which posts an inbox contains, or contained before a limit removed them. Read-only.

KEYS  1 items   2 seen   3 gone   4 state   5 removed
ARGV  identities
Returns for each: 1 there, 0 missing.
]]
local items, seen, gone, state, removed = unpack(KEYS)
local isRemoved = areRemoved(removed, redis.call('HGET', state, 'removed'), ARGV)
local found = {}
for at, identity in ipairs(ARGV) do
  local id = redis.call('HGET', seen, identity)
  local isThere = id and (#redis.call('XRANGE', items, id, id) == 1 or redis.call('ZSCORE', gone, identity))
  found[at] = (isThere or isRemoved[at]) and 1 or 0
end
return found
