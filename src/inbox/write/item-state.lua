--[[
Included, after read-state.lua, by the scripts that remove items. At most a few thousand ids: unpack() fails beyond about 8,000.
]]
local function forgetState(ids, merged, read, kept, starred)
  if #ids == 0 then return end
  for _, key in ipairs({ read, kept, starred }) do redis.call('ZREM', key, unpack(ids)) end
  redis.call('HDEL', merged, unpack(ids))
end

-- Removes the state of items that are gone; returns the ids of those that were unread.
local function dropState(ids, state, merged, read, kept, starred)
  local mark, unread = markOf(state), {}
  for _, id in ipairs(ids) do
    if isUnread(id, mark, read, kept) then unread[#unread + 1] = id end
  end
  if #unread > 0 then redis.call('HINCRBY', state, 'unread', -#unread) end
  forgetState(ids, merged, read, kept, starred)
  return unread
end
