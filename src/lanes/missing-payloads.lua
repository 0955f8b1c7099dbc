--[[
Which unfinished jobs have no payload. Read-only.

KEYS  1 payloads (hash: job id -> bytes)   2 completed jobs (zset)
ARGV  1 prefix of the jobs' keys   then job ids
Returns the ids of jobs that are there, not completed, and without a payload.

A job that is gone has been completed and forgotten: BullMQ keeps the last few. The books know those that were removed by hand.
]]
local payloads, completed, prefix = KEYS[1], KEYS[2], ARGV[1]
local missing = {}
for at = 2, #ARGV do
  local id = ARGV[at]
  local isUnfinished = redis.call('EXISTS', prefix .. id) == 1 and not redis.call('ZSCORE', completed, id)
  if isUnfinished and redis.call('HEXISTS', payloads, id) == 0 then missing[#missing + 1] = id end
end
return missing
