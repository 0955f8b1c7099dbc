-- Included before the scripts that know which entries jobs refer to.

-- A job that is done, or was removed by hand. One that is not there yet is being added: `graceMs` is left for that.
local function isUnneeded(job, since, nowMs, graceMs, prefix, completed)
  if redis.call('ZSCORE', completed, job) then return true end
  return nowMs - since > graceMs and redis.call('EXISTS', prefix .. job) == 0
end
