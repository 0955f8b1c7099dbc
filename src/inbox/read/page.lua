--[[
One page of an inbox with its counts, as one atomic read.

KEYS  1 items   2 state   3 merged   4 read   5 kept unread   6 starred   7 seen   8 gone
ARGV  1 'before' (newest first) or 'after' (oldest first)   2 cursor: item id or ''   3 most items
      4 '1' = unread only   5 '1' = starred only   6 prefix of a subscription's matches, or ''
      7 oldest item id to read, or ''   8 most items scanned   9 most bytes of posts
Returns { total, unread, next cursor or '', gap, gap_until or '', items, items that vanished, 1 if `unread` is wrong },
  an item being { id, post ('' = kept once for all inboxes), matched_by (one JSON object a line), read 0/1, starred 0/1, identity }.
  `vanished` counts items that another program removed from the stream: mend.lua repairs the counts, and then recount.lua `unread`.
]]
local items, state, merged, read, kept, starred, seen, gone = unpack(KEYS)
local forward, cursor, limit = ARGV[1] == 'after', ARGV[2], tonumber(ARGV[3])
local unreadOnly, starredOnly, subscription, since = ARGV[4] == '1', ARGV[5] == '1', ARGV[6], ARGV[7]
local lookAtMost, mostBytes = tonumber(ARGV[8]), tonumber(ARGV[9])
local mark = markOf(state)

local function chunk(from, count) return chunkOf(items, forward, from, since, count) end

local function view(item)
  local id, fields = item[1], item[2]
  if not isItem(fields) then return nil end
  local matches = fields[4]
  local others = redis.call('HGET', merged, id)
  if others then matches = matches .. '\n' .. others end
  local isNew = isUnread(id, mark, read, kept)
  local hasStar = redis.call('ZSCORE', starred, id) and 1 or 0
  if unreadOnly and not isNew then return nil end
  if starredOnly and hasStar == 0 then return nil end
  if subscription ~= '' and not string.find('\n' .. matches, '\n' .. subscription, 1, true) then return nil end
  return { id, fields[2], matches, isNew and 0 or 1, hasStar, fields[6] or '' }
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

local total = redis.call('XLEN', items)
local vanished = redis.call('HLEN', seen) - redis.call('ZCARD', gone) - total
return {
  total,
  tonumber(redis.call('HGET', state, 'unread') or 0),
  more and cursor or '',
  tonumber(redis.call('HGET', state, 'gap') or 0),
  redis.call('HGET', state, 'gap_until') or '',
  found,
  vanished,
  isMiscounted(items, state, read, kept, vanished == 0) and 1 or 0,
}
