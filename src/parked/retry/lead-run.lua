-- Takes the lease of the run or keeps it, and reads the run under it.
-- KEYS[1]: its state, KEYS[2]: what it has in flight, KEYS[3]: the lease. ARGV[1]: the driver, ARGV[2]: for how many milliseconds.
-- Returns whether the lease is new to the driver (1 or 0), the run, who asked to stop it, fields and values of what is in flight;
-- nothing if no run is in progress or another process drives it.
if redis.call('HGET', KEYS[1], 'phase') ~= 'running' then
  return false
end
local holder = redis.call('GET', KEYS[3])
if holder and holder ~= ARGV[1] then
  return false
end
redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2])
local state = redis.call('HMGET', KEYS[1], 'run', 'stop')
return { holder and 0 or 1, state[1], state[2], redis.call('HGETALL', KEYS[2]) }
