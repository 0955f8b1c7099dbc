-- Starts a run of retries unless one is going.
-- KEYS[1]: its state, KEYS[2]: what it has in flight. ARGV[1]: the run as JSON.
-- Returns 1 where it started. Safe to run twice: the second time one is going.
if redis.call('HGET', KEYS[1], 'phase') == 'running' then
  return 0
end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'phase', 'running', 'run', ARGV[1])
return 1
