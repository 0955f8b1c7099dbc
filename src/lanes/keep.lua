--[[
Registers entries that jobs refer to, before the jobs are added, and forgets those that no job needs any more.

KEYS  1 kept (hash: job id -> when in ms, a blank, entry id, a blank, stream)   2 completed jobs (zset)
ARGV  1 prefix of the jobs' keys   then for each job: id, entry id, stream
Returns nothing. Safe to run twice.
]]
-- ioredis may resend only the job, long after its row was written.
local GRACE_MS = 86400000
local kept, completed, prefix = KEYS[1], KEYS[2], ARGV[1]
local now = redis.call('TIME')
local nowMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
local rows = redis.call('HGETALL', kept)
for at = 1, #rows, 2 do
  local since = tonumber(string.match(rows[at + 1], '^(%d+) '))
  if isUnneeded(rows[at], since, nowMs, GRACE_MS, prefix, completed) then redis.call('HDEL', kept, rows[at]) end
end
for at = 2, #ARGV, 3 do
  redis.call('HSET', kept, ARGV[at], string.format('%.0f %s %s', nowMs, ARGV[at + 1], ARGV[at + 2]))
end
