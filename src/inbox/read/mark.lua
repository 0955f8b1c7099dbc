--[[
Marks items of one inbox as read or unread.

KEYS  1 items   2 state   3 read   4 kept unread
ARGV  1 'read' | 'unread', then item ids     or     1 'up-to', 2 item id, 3 most items handled in one call
Returns { unread, 1 if done or 0 if 'up-to' must be called again, 1 if the number of unread items is wrong }. Unknown ids are ignored.

Safe to run twice: the counter changes only if the item's state does.
]]
local items, state, read, kept = unpack(KEYS)
local problem = wrongType({ 'stream', 'hash', 'zset', 'zset' })
if problem then return redis.error_reply(problem) end
local action = ARGV[1]
local mark = markOf(state)
local done = 1

local function count(change)
  if change ~= 0 then redis.call('HINCRBY', state, 'unread', change) end
end

if action == 'read' then
  for at = 2, #ARGV do
    local id = ARGV[at]
    if hasItem(items, id) and isUnread(id, mark, read, kept) then
      if isBefore(mark, id) then redis.call('ZADD', read, (parts(id)), id) else redis.call('ZREM', kept, id) end
      count(-1)
    end
  end
elseif action == 'unread' then
  for at = 2, #ARGV do
    local id = ARGV[at]
    if hasItem(items, id) and not isUnread(id, mark, read, kept) then
      if isBefore(mark, id) then redis.call('ZREM', read, id) else redis.call('ZADD', kept, (parts(id)), id) end
      count(1)
    end
  end
else
  local upTo, most = ARGV[2], tonumber(ARGV[3])
  local nowRead = 0
  local unreadAgain = redis.call('ZRANGEBYSCORE', kept, '-inf', (parts(upTo)), 'LIMIT', 0, most)
  for _, id in ipairs(unreadAgain) do
    if not isBefore(upTo, id) then nowRead = nowRead + redis.call('ZREM', kept, id) end
  end
  count(-nowRead)
  if nowRead > 0 and #unreadAgain == most then done = 0 end
  if isBefore(mark, upTo) then
    -- The mark stops at the last existing item: later items must be unread.
    local passed = redis.call('XRANGE', items, '(' .. mark, upTo, 'COUNT', most)
    local newlyRead = 0
    for _, item in ipairs(passed) do
      local wasRead = redis.call('ZREM', read, item[1]) == 1
      if isItem(item[2]) and not wasRead then newlyRead = newlyRead + 1 end
      mark = item[1]
    end
    count(-newlyRead)
    if #passed > 0 then redis.call('HSET', state, 'mark', mark) end
    if #passed == most then done = 0 end
  end
end
return {
  tonumber(redis.call('HGET', state, 'unread') or 0),
  done,
  isMiscounted(items, state, read, kept) and 1 or 0,
}
