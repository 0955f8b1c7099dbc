--[[
Moves one consumer's pending entries to another, whatever their idle time.

KEYS  1 stream
ARGV  1 group   2 from consumer   3 to consumer   4 most entries
Returns {entries examined, entries moved, ids that were trimmed from the stream while pending}.
Safe to run twice: what was moved is no longer pending for the first consumer.
]]
local stream, group, from, to = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
-- unpack() fails beyond about 8,000 values.
local most = math.min(tonumber(ARGV[4]), 5000)
local rows = redis.call('XPENDING', stream, group, '-', '+', most, from)
if #rows == 0 then return {0, 0, {}} end
local ids, missing = {}, {}
for at, row in ipairs(rows) do
  ids[at] = row[1]
  missing[row[1]] = true
end
-- In the list itself: Lua truncates unpack() to one value unless it is the last argument.
ids[#ids + 1] = 'JUSTID'
local claimed = redis.call('XCLAIM', stream, group, to, 0, unpack(ids))
ids[#ids] = nil
for _, id in ipairs(claimed) do missing[id] = nil end
local lost = {}
for _, id in ipairs(ids) do
  if missing[id] then lost[#lost + 1] = id end
end
return {#rows, #claimed, lost}
