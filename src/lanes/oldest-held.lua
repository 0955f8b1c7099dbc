--[[
The oldest stream entry in an unfinished job of one queue. Read-only.

KEYS  1 wait (list)   2 active (list)   3 delayed (zset)   4 prioritized (zset)
ARGV  1 prefix of the jobs' keys   2 most jobs to examine
Returns an entry's id; '' if no job holds any; '0-0' if there are more jobs than that: then nothing may be trimmed.
]]
local prefix, most = ARGV[1], tonumber(ARGV[2])
local jobs = {}
for at, key in ipairs(KEYS) do
  local command = at <= 2 and 'LRANGE' or 'ZRANGE'
  for _, id in ipairs(redis.call(command, key, 0, most)) do jobs[#jobs + 1] = id end
end
if #jobs > most then return '0-0' end

local oldestMs, oldestSeq
for _, job in ipairs(jobs) do
  local data = redis.call('HGET', prefix .. job, 'data') or ''
  local ms, seq = firstEntryId(data)
  ms, seq = tonumber(ms), tonumber(seq)
  if ms and (not oldestMs or ms < oldestMs or (ms == oldestMs and seq < oldestSeq)) then
    oldestMs, oldestSeq = ms, seq
  end
end
return oldestMs and string.format('%.0f-%.0f', oldestMs, oldestSeq) or ''
