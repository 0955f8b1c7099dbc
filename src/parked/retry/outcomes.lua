-- Outcomes of retried jobs.
-- KEYS[1]: the queue's failed jobs, KEYS[2]: its completed ones, KEYS[3…]: the jobs. ARGV: their ids, in the same order.
-- Returns for each: its state ('gone', 'failed', 'completed', 'under way'), its score among the failed ones, attempts made,
-- failedReason, returnvalue. Only reads.
local found = {}
for at, id in ipairs(ARGV) do
  local job = redis.call('HMGET', KEYS[at + 2], 'atm', 'failedReason', 'returnvalue', 'timestamp')
  local failed = redis.call('ZSCORE', KEYS[1], id)
  local where = 'under way'
  if not job[4] then
    where = 'gone'
  elseif failed then
    where = 'failed'
  elseif redis.call('ZSCORE', KEYS[2], id) then
    where = 'completed'
  end
  found[at] = { where, failed or '', job[1] or '0', string.sub(job[2] or '', 1, 500), string.sub(job[3] or '', 1, 500) }
end
return found
