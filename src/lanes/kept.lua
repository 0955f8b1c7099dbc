--[[
The entries of one stream that a queue's jobs refer to. Read-only.

KEYS  1 kept (hash: job id -> when in ms, a blank, entry id, a blank, stream)   2 completed jobs (zset)
ARGV  1 prefix of the jobs' keys   2 stream
Returns ids of entries, in no order.
]]
local now = redis.call('TIME')
local nowMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
local rows = redis.call('HGETALL', KEYS[1])
local found = {}
for at = 1, #rows, 2 do
  local since, entry, stream = string.match(rows[at + 1], '^(%d+) (%S+) (.*)$')
  if stream == ARGV[2] and not isUnneeded(rows[at], tonumber(since), nowMs, 60000, ARGV[1], KEYS[2]) then found[#found + 1] = entry end
end
return found
