-- Saves the discard's progress, unless the driver has lost the lease.
-- KEYS[1]: its state, KEYS[2]: its jobs, KEYS[3]: the lease. ARGV[1]: the driver, ARGV[2]: for how many milliseconds it keeps the lease,
-- ARGV[3]: phase, ARGV[4]: the run as JSON.
-- Returns 1 where it is saved. Safe to run twice.
if redis.call('GET', KEYS[3]) ~= ARGV[1] then
  return 0
end
redis.call('PEXPIRE', KEYS[3], ARGV[2])
redis.call('HSET', KEYS[1], 'phase', ARGV[3], 'run', ARGV[4])
if ARGV[3] ~= 'running' then
  redis.call('DEL', KEYS[2])
end
return 1
