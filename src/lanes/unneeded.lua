-- Included before the scripts that know which entries jobs refer to.

-- Whether a job is done, or was removed by hand. A missing job may still be being added: `graceMs` allows for that.
local function isUnneeded(job, since, nowMs, graceMs, prefix, completed)
  if redis.call('ZSCORE', completed, job) then return true end
  return nowMs - since > graceMs and redis.call('EXISTS', prefix .. job) == 0
end
