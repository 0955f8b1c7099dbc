--[[
Items of one inbox by their ids, with their read state and stars, as one atomic read.

KEYS  1 items   2 state   3 merged   4 read   5 kept unread   6 starred
ARGV  1 most bytes of posts   2 … item ids
Returns { how many of the ids were looked at, items }, an item as page.lua returns it. Ids without an item are left out. Ends early at
the limit of bytes.
]]
local items, state, merged, read, kept, starred = unpack(KEYS)
local mostBytes, mark = tonumber(ARGV[1]), markOf(state)
local found, looked, bytes = {}, 0, 0
for at = 2, #ARGV do
  if bytes >= mostBytes then break end
  local id = ARGV[at]
  local item = redis.call('XRANGE', items, id, id)[1]
  looked = looked + 1
  if item and isItem(item[2]) then
    local fields = item[2]
    local others = redis.call('HGET', merged, id)
    found[#found + 1] = {
      id,
      fields[2],
      others and fields[4] .. '\n' .. others or fields[4],
      isUnread(id, mark, read, kept) and 0 or 1,
      redis.call('ZSCORE', starred, id) and 1 or 0,
      fields[6] or '',
    }
    bytes = bytes + #fields[2]
  end
end
return { looked, found }
