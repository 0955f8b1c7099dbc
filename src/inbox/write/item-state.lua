--[[
Included, after read-state.lua, by the scripts that remove items.
]]
-- Removes the state of items that are gone; returns the ids of those that were unread.
local function dropState(ids, state, merged, read, kept, starred)
  if #ids == 0 then return {} end
  local mark, unread = markOf(state), {}
  for _, id in ipairs(ids) do
    if isUnread(id, mark, read, kept) then unread[#unread + 1] = id end
  end
  if #unread > 0 then redis.call('HINCRBY', state, 'unread', -#unread) end
  for _, key in ipairs({ read, kept, starred }) do redis.call('ZREM', key, unpack(ids)) end
  redis.call('HDEL', merged, unpack(ids))
  return unread
end
