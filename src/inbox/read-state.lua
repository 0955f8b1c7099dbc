--[[
Included before the scripts that know what is read. Read state takes memory only for what differs from the rule:
  an item up to the mark is read, unless it stands in `kept` (marked unread again);
  an item after the mark is unread, unless it stands in `read`.
`state` (hash): unread = number of unread items, mark = item id, gap = unread items that a bound removed, gap_until = the last of these.
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
