-- Removes jobs that are still failed, have not run since, and hold the same data: all that BullMQ keeps of them, as its own removal does.
-- KEYS[1]: the queue's failed jobs, KEYS[2…]: the jobs. ARGV: of each its id, its score among the failed ones, its data's SHA-1 (16 digits).
-- Returns for each: 1 = removed, 0 = no longer there, -1 = not removed, since it was retried or edited.
-- Safe to run twice: the second time none is left.
local failed = KEYS[1]
local results = {}
for at = 2, #KEYS do
  local key, from = KEYS[at], (at - 2) * 3
  local id, score, digest = ARGV[from + 1], tonumber(ARGV[from + 2]), ARGV[from + 3]
  local now = redis.call('ZSCORE', failed, id)
  local data = redis.call('HGET', key, 'data')
  if data and now and tonumber(now) == score and string.sub(redis.sha1hex(data), 1, 16) == digest then
    redis.call('ZREM', failed, id)
    redis.call('DEL', key, key .. ':logs', key .. ':dependencies', key .. ':processed', key .. ':failed', key .. ':unsuccessful')
    results[at - 1] = 1
  else
    results[at - 1] = data and -1 or 0
  end
end
return results
