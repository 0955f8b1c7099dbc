-- Starts the discard of the matches in an export, unless one, or a retry run, is in progress.
-- KEYS[1]: its state, KEYS[2]: its jobs, KEYS[3]: the state of the retries, KEYS[4]: the export. ARGV[1]: the run as JSON, its total left
-- out, ARGV[2]: how many matches the operator means to discard.
-- Returns { 'started' | 'one is going' | 'not exported' | 'another number', how many the export holds }.
-- Safe to run twice: the second time one is in progress.
for at = 1, 3, 2 do
  if redis.call('HGET', KEYS[at], 'phase') == 'running' then
    return { 'one is going', 0 }
  end
end
local length = redis.call('LLEN', KEYS[4])
if length == 0 then
  return { 'not exported', 0 }
end
-- The first entry says what was exported.
if tostring(length - 1) ~= ARGV[2] then
  return { 'another number', length - 1 }
end
redis.call('DEL', KEYS[1])
redis.call('RENAME', KEYS[4], KEYS[2])
redis.call('PERSIST', KEYS[2])
redis.call('HSET', KEYS[1], 'phase', 'running', 'run', ARGV[1])
return { 'started', length - 1 }
