--[[
Ids of the entries of one inbox, each with the subscription it matched first, without posts. Read-only.

KEYS  1 items
ARGV  1 'after' (oldest first) or 'before' (newest first)   2 cursor: an id, or '' for all of them
      3 id of the newest entry known so far, or ''   4 its identity   5 most entries   6 most bytes of posts looked at
Returns { entries in all, id of the oldest or '', 1 if the newest known entry is still there, else 0, 1 if there are more,
  identity of the last entry below, ids and heads by turns }.
  head: `matched_by` up to its score; '' = the same as of the entry before; '-' = another program's entry, no item.
]]
local items = KEYS[1]
local forward, cursor, known, identity = ARGV[1] == 'after', ARGV[2], ARGV[3], ARGV[4]
local most, mostBytes = tonumber(ARGV[5]), tonumber(ARGV[6])
-- Posts may have 4 MB each.
local AT_ONCE = 25

local function chunk(count)
  local from = cursor == '' and (forward and '-' or '+') or '(' .. cursor
  if forward then return redis.call('XRANGE', items, from, '+', 'COUNT', count) end
  return redis.call('XREVRANGE', items, from, '-', 'COUNT', count)
end

local function headOf(fields)
  if not isItem(fields) then return '-' end
  local first = string.match(fields[4], '^[^\n]*')
  local ends = string.find(first, ',"match_score":', 1, true)
  if ends then return string.sub(first, 1, ends - 1) end
  return first == '' and '-' or first
end

local found, count, bytes, more, last, lastHead = {}, 0, 0, true, '', nil
while more and count < most and bytes < mostBytes do
  local wanted = math.min(AT_ONCE, most - count)
  local some = chunk(wanted)
  more = #some == wanted
  for _, item in ipairs(some) do
    local head = headOf(item[2])
    found[#found + 1] = item[1]
    found[#found + 1] = head == lastHead and '' or head
    count, bytes, lastHead = count + 1, bytes + #(item[2][2] or ''), head
    cursor, last = item[1], item[2][6] or ''
  end
end

local isThere = 1
if known ~= '' then
  local entry = redis.call('XRANGE', items, known, known)[1]
  if not entry or (entry[2][6] or '') ~= identity then isThere = 0 end
end
local oldest = redis.call('XRANGE', items, '-', '+', 'COUNT', 1)[1]
return { redis.call('XLEN', items), oldest and oldest[1] or '', isThere, more and 1 or 0, last, found }
