-- What the index needs of jobs, with long data truncated.
-- KEYS: the jobs' keys, all of one queue. ARGV[1]: most bytes of data to return.
-- Returns for each key: name, timestamp, failedReason, attempts made, the beginning of its data, the data's length; or false if
-- there is no such job. Read-only.
local most = tonumber(ARGV[1])
local found = {}
for at, key in ipairs(KEYS) do
  local job = redis.call('HMGET', key, 'name', 'timestamp', 'failedReason', 'atm', 'data')
  if job[5] then
    local data = job[5]
    found[at] = { job[1] or '', job[2] or '0', string.sub(job[3] or '', 1, 2000), job[4] or '0', string.sub(data, 1, most), #data }
  else
    found[at] = false
  end
end
return found
