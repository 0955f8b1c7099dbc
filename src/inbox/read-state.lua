--[[
Included before scripts that need the read state, which stores only exceptions:
items up to the mark are read, except those in `kept` (marked unread again);
items after the mark are unread, except those in `read`.
`state` (hash): unread = number of unread items, mark = item id, gap = unread items removed by a limit, gap_until = the last of these.
]]
local function parts(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  return tonumber(ms), tonumber(seq)
end

local function isAfter(a, b)
  local aMs, aSeq = parts(a)
  local bMs, bSeq = parts(b)
  return aMs > bMs or (aMs == bMs and aSeq > bSeq)
end

local function markOf(state)
  return redis.call('HGET', state, 'mark') or '0-0'
end

local function isUnread(id, mark, read, kept)
  if isAfter(id, mark) then
    return not redis.call('ZSCORE', read, id)
  end
  return redis.call('ZSCORE', kept, id) and true or false
end
