-- Starts a retry run unless one, or a discard, is in progress.
-- KEYS[1]: its state, KEYS[2]: what it has in flight, KEYS[3]: the state of the discard. ARGV[1]: the run as JSON.
-- Returns 1 if it started. Safe to run twice: the second time one is in progress.
for at = 1, 3, 2 do
  if redis.call('HGET', KEYS[at], 'phase') == 'running' then
    return 0
  end
end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'phase', 'running', 'run', ARGV[1])
return 1
