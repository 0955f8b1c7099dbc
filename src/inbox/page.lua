--[[
One page of an inbox with its counts, all of one moment. Writes nothing.

KEYS  1 items   2 state   3 merged   4 read   5 kept unread   6 starred
ARGV  1 'before' (newest first) or 'after' (oldest first)   2 item id to go on from, or ''   3 most items
      4 '1' = unread only   5 '1' = starred only   6 beginning of the matches of one subscription, or ''   7 most items looked at   8 most bytes of posts
Returns { total, unread, id to go on from or '', gap, gap_until or '', items },
  an item being { id, post, matched_by (one JSON object a line), read 0/1, starred 0/1 }.
]]
local items, state, merged, read, kept, starred = unpack(KEYS)
local forward, cursor, limit = ARGV[1] == 'after', ARGV[2], tonumber(ARGV[3])
local unreadOnly, starredOnly, subscription = ARGV[4] == '1', ARGV[5] == '1', ARGV[6]
local lookAtMost, mostBytes = tonumber(ARGV[7]), tonumber(ARGV[8])
local mark = markOf(state)

local function chunk(from, count)
  local start = from == '' and (forward and '-' or '+') or '(' .. from
  if forward then return redis.call('XRANGE', items, start, '+', 'COUNT', count) end
  return redis.call('XREVRANGE', items, start, '-', 'COUNT', count)
end

local function view(item)
  local id, fields = item[1], item[2]
  -- Somebody else's entry is no item.
  if fields[1] ~= 'post' or fields[3] ~= 'matched_by' then return nil end
  local matches = fields[4]
  local others = redis.call('HGET', merged, id)
  if others then matches = matches .. '\n' .. others end
  local isNew = isUnread(id, mark, read, kept)
  local hasStar = redis.call('ZSCORE', starred, id) and 1 or 0
  if unreadOnly and not isNew then return nil end
  if starredOnly and hasStar == 0 then return nil end
  if subscription ~= '' and not string.find('\n' .. matches, '\n' .. subscription, 1, true) then return nil end
  return { id, fields[2], matches, isNew and 0 or 1, hasStar }
end

local found, looked, bytes, more = {}, 0, 0, true
local function isFull() return #found == limit or bytes >= mostBytes end
while more and not isFull() and looked < lookAtMost do
  local count = math.min(limit, 25)
  local some = chunk(cursor, count)
  more = #some == count
  for _, item in ipairs(some) do
    looked = looked + 1
    cursor = item[1]
    local shown = view(item)
    if shown then
      found[#found + 1] = shown
      bytes = bytes + #shown[2]
    end
    if isFull() then break end
  end
end
more = #chunk(cursor, 1) > 0

return {
  redis.call('XLEN', items),
  tonumber(redis.call('HGET', state, 'unread') or 0),
  more and cursor or '',
  tonumber(redis.call('HGET', state, 'gap') or 0),
  redis.call('HGET', state, 'gap_until') or '',
  found,
}
