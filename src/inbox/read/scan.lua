--[[
Posts of one inbox, for a search: without read state, stars and counts, which cost more than the posts. Read-only.

KEYS  1 items
ARGV  1 'before' (newest first) or 'after' (oldest first)   2 cursor: item id or ''   3 oldest item id to read, or ''
      4 most entries   5 most bytes of posts
Returns { next cursor or '' at the end, id, post ('' = kept once for all inboxes) and identity of each item by turns }.
]]
local items = KEYS[1]
local forward, cursor, since = ARGV[1] == 'after', ARGV[2], ARGV[3]
local most, mostBytes = tonumber(ARGV[4]), tonumber(ARGV[5])
-- Posts may have 4 MB each.
local AT_ONCE = 25

local found, count, bytes, more = {}, 0, 0, true
while more and count < most and bytes < mostBytes do
  local some = chunkOf(items, forward, cursor, since, AT_ONCE)
  more = #some == AT_ONCE
  for _, item in ipairs(some) do
    local fields = item[2]
    count, cursor = count + 1, item[1]
    if isItem(fields) then
      found[#found + 1] = cursor
      found[#found + 1] = fields[2]
      found[#found + 1] = fields[6] or ''
      bytes = bytes + #fields[2]
    end
    if bytes >= mostBytes then
      more = true
      break
    end
  end
end
return { more and cursor or '', found }
