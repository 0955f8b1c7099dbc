-- Takes the lease of the discard or keeps it, and reads the run under it.
-- KEYS[1]: its state, KEYS[2]: the lease. ARGV[1]: the driver, ARGV[2]: for how many milliseconds.
-- Returns the run and who asked to stop it; nothing if no discard is running or another process drives it.
if redis.call('HGET', KEYS[1], 'phase') ~= 'running' then
  return false
end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then
  return false
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return redis.call('HMGET', KEYS[1], 'run', 'stop')
