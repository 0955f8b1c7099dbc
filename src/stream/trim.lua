--[[
Trims entries that are not needed any more: acknowledged by every group, before the caller's floor, and older than the replay
window. A bounded number of entries a call. Spares single entries that jobs refer to.

KEYS  1 stream
ARGV  1 floor: oldest id that the caller needs   2 replay window in ms   3 most entries a call
      4 an id before which all entries are known to be older than the window, or ''; only looked at where ids are ahead of the clock
      then ids to spare, oldest first
Returns { entries trimmed, 1 if entries older than the replay window remain, else 0, 1 if ids are ahead of the clock, else 0 }.

Safe to run twice: it only trims what is not needed.
]]
local stream, needed, windowMs, most, aged = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local AHEAD_MS, EXACT = 60000, 2 ^ 53

local function oldest()
  local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  return first and first[1]
end

local first = oldest()
if not first then return { 0, 0, 0 } end
local now = redis.call('TIME')
local nowMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
local windowMsAgo = nowMs - windowMs
local window = string.format('%.0f-0', math.max(0, windowMsAgo))
-- Ids beyond what Lua's numbers represent exactly cannot be compared, and are not trimmed.
local ms, seq = parts(redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1][1])
local isAhead = ms > nowMs + AHEAD_MS and ms < EXACT and seq < EXACT
local ahead = isAhead and 1 or 0
if isAhead and aged ~= '' and isBefore(window, aged) then window = aged end
if not isBefore(first, window) then return { 0, 0, ahead } end

local floor = isBefore(needed, window) and needed or window
local groups = redis.call('XINFO', 'GROUPS', stream)
-- Without a group nothing has been read.
if #groups == 0 then return { 0, 1, ahead } end
for _, group in ipairs(groups) do
  local row = {}
  for at = 1, #group, 2 do row[group[at]] = group[at + 1] end
  local keep = row['last-delivered-id']
  if row.pending > 0 then
    local pending = redis.call('XPENDING', stream, row.name)[2]
    if isBefore(pending, keep) then keep = pending end
  end
  if isBefore(keep, floor) then floor = keep end
end

-- Between two ids, both exclusive. One by one, since an entry may be large: XRANGE reads it whole.
local function deleteBetween(from, to)
  local deleted = 0
  while deleted < 1000 do
    local entry = redis.call('XRANGE', stream, '(' .. from, '(' .. to, 'COUNT', 1)[1]
    if not entry then break end
    -- A user without XDEL: the entries stay.
    local reply = redis.pcall('XDEL', stream, entry[1])
    if type(reply) == 'table' then break end
    deleted = deleted + reply
  end
  return deleted
end

local spared = {}
for at = 5, #ARGV do
  if isBefore(ARGV[at], floor) then spared[#spared + 1] = ARGV[at] end
end
local oldestSpared = spared[1] or floor
-- Whole nodes first, which is cheap; then the remainder exactly, less than a node.
local trimmed = redis.call('XTRIM', stream, 'MINID', '~', oldestSpared, 'LIMIT', most)
if trimmed == 0 then trimmed = redis.call('XTRIM', stream, 'MINID', oldestSpared) end
for at, from in ipairs(spared) do
  if trimmed > 0 then break end
  trimmed = deleteBetween(from, spared[at + 1] or floor)
end
first = oldest()
return { trimmed, first and isBefore(first, window) and 1 or 0, ahead }
