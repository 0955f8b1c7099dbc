-- Saves what the driver of the run found and is about to retry: all of it, or nothing if it has lost the lease.
-- KEYS[1]: its state, KEYS[2]: what it has in flight, KEYS[3]: the lease. ARGV[1]: the driver, ARGV[2]: for how many milliseconds it
-- keeps the lease, ARGV[3]: phase, ARGV[4]: the run as JSON, ARGV[5]: how many fields leave what is in flight; those fields; then
-- field and value of each that is added.
-- Returns 1 where it is saved. Safe to run twice.
if redis.call('GET', KEYS[3]) ~= ARGV[1] then
  return 0
end
-- Read first: a key of another type must stop the script before it writes.
redis.call('HGET', KEYS[1], 'phase')
redis.call('HGET', KEYS[2], '')
redis.call('PEXPIRE', KEYS[3], ARGV[2])
redis.call('HSET', KEYS[1], 'phase', ARGV[3], 'run', ARGV[4])
local added = 6 + ARGV[5]
for at = 6, added - 1 do
  redis.call('HDEL', KEYS[2], ARGV[at])
end
for at = added, #ARGV, 2 do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
end
return 1
