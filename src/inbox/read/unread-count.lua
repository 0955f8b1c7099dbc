-- Included, after read-state.lua, by the scripts that return the number of unread items.

-- Whether the number of unread items cannot be right: recount.lua repairs it. `isWhole`: every item is an item and none has
-- vanished; then two inboxes are known exactly, one that the mark has not reached and one that it has passed.
local function isMiscounted(items, state, read, kept, isWhole)
  local unread, total = tonumber(redis.call('HGET', state, 'unread') or 0), redis.call('XLEN', items)
  local least, most = redis.call('ZCARD', kept), total - redis.call('ZCARD', read)
  if unread < least or unread > most then return true end
  if not isWhole or total == 0 or least == most then return false end
  local mark = markOf(state)
  if isBefore(mark, redis.call('XRANGE', items, '-', '+', 'COUNT', 1)[1][1]) then return unread ~= most end
  return unread ~= least and not isBefore(mark, redis.call('XREVRANGE', items, '+', '-', 'COUNT', 1)[1][1])
end
