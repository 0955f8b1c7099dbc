--[[
What an inbox has stored under identities that earlier versions made from uris. Read-only.

KEYS  1 items   2 seen   3 gone   4 state   5 removed
ARGV  identities
Returns for each: '' nothing, 'removed' by a limit, or of the item: { post ('' = the body lies in the post's own key), identity }.
]]
local items, seen, gone, state, removed = unpack(KEYS)
local isRemoved = areRemoved(removed, redis.call('HGET', state, 'removed'), ARGV)
local found = {}
for at, identity in ipairs(ARGV) do
  local id = redis.call('HGET', seen, identity)
  local item = id and redis.call('XRANGE', items, id, id)[1]
  if item and isItem(item[2]) then
    found[at] = { item[2][2], item[2][6] or '' }
  else
    found[at] = (isRemoved[at] or id and redis.call('ZSCORE', gone, identity)) and 'removed' or ''
  end
end
return found
