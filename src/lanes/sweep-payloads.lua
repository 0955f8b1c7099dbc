--[[
Removes payloads whose job is completed or was removed, and those whose pump crashed before it added the job.

KEYS  1 payloads (hash: job id -> bytes)   2 what is open in the books (hash, by job id)   3 completed jobs (zset)
ARGV  1 prefix of the jobs' keys
Returns how many it removed. Safe to run twice.

A job that is being added is in the books already; the payload of a waiting, running or failed job stays.
]]
local payloads, open, completed = KEYS[1], KEYS[2], KEYS[3]
local removed = 0
for _, id in ipairs(redis.call('HKEYS', payloads)) do
  local isDone = redis.call('ZSCORE', completed, id) or redis.call('EXISTS', ARGV[1] .. id) == 0
  if isDone and redis.call('HEXISTS', open, id) == 0 then
    removed = removed + redis.call('HDEL', payloads, id)
  end
end
return removed
