--[[
Which unfinished jobs have no payload. Read-only.

KEYS  1 payloads (hash: job id -> bytes)   2 completed jobs (zset)
ARGV  job ids
Returns the ids of those without a payload that are not completed.
]]
local missing = {}
for _, id in ipairs(ARGV) do
  if redis.call('HEXISTS', KEYS[1], id) == 0 and not redis.call('ZSCORE', KEYS[2], id) then
    missing[#missing + 1] = id
  end
end
return missing
