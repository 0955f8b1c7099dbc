-- Included before the scripts that know which entries jobs refer to.

-- A job that is done, or was removed by hand. One that is not there yet is being added: it gets a minute.
local function isUnneeded(job, since, nowMs, prefix, completed)
  if redis.call('ZSCORE', completed, job) then return true end
  return nowMs - since > 60000 and redis.call('EXISTS', prefix .. job) == 0
end
