--[[
Hands what is pending for one consumer of a group to another, however short a time it has been pending.

KEYS  1 stream
ARGV  1 group   2 consumer that left it   3 consumer that gets it   4 how many at the most
Returns {how many were looked at, how many the other has now, ids that were trimmed from the stream meanwhile}.
Safe to run twice: what the other has is not pending for the first any more.
]]
local stream, group, from, to, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local rows = redis.call('XPENDING', stream, group, '-', '+', most, from)
if #rows == 0 then return {0, 0, {}} end
local ids, missing = {}, {}
for at, row in ipairs(rows) do
  ids[at] = row[1]
  missing[row[1]] = true
end
-- unpack gives all its values only where nothing follows it.
ids[#ids + 1] = 'JUSTID'
local claimed = redis.call('XCLAIM', stream, group, to, 0, unpack(ids))
ids[#ids] = nil
for _, id in ipairs(claimed) do missing[id] = nil end
local lost = {}
for _, id in ipairs(ids) do
  if missing[id] then lost[#lost + 1] = id end
end
return {#rows, #claimed, lost}
