--[[
Included, after stream-id.lua, before scripts that need the read state, which stores only exceptions:
  items up to the mark are read, except those in `kept` (marked unread again);
  items after the mark are unread, except those in `read`.
`state` (hash): unread = number of unread items, mark = item id, gap = unread items removed by a limit, gap_until = the newest of them.
]]
local function markOf(state)
  return redis.call('HGET', state, 'mark') or '0-0'
end

local function isUnread(id, mark, read, kept)
  if isBefore(mark, id) then
    return not redis.call('ZSCORE', read, id)
  end
  return redis.call('ZSCORE', kept, id) and true or false
end

-- Records unread items that were removed; `newest` is one of them. Items need not go in order: `gap_until` never moves back.
local function addToGap(state, count, newest)
  redis.call('HINCRBY', state, 'gap', count)
  local last = redis.call('HGET', state, 'gap_until')
  if not last or isBefore(last, newest) then redis.call('HSET', state, 'gap_until', newest) end
end
