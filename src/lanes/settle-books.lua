--[[
Records the verdicts of a job's entries.

KEYS  1 books (hash: counters)   2 open (hash: job id -> entries, a blank, when it was entered in ms)   3 the job (hash)
ARGV  1 job id, then pairs: verdict, number of entries
Returns 1 if the job was open, else 0. Safe to run twice: a job is settled once.

The job is marked as settled: if its batch comes again before BullMQ forgets the job, nothing runs, and it must not be opened.
Resubmitted entries are counted again as read by their new jobs, so they are subtracted here.
]]
local books, open, job = KEYS[1], KEYS[2], KEYS[3]
-- Read first: a key of another type must stop the script before it writes.
redis.call('HGET', books, 'read')
if redis.call('EXISTS', job) == 1 then redis.call('HSET', job, 'settled', 1) end
local entry = redis.call('HGET', open, ARGV[1])
if not entry then return 0 end
redis.call('HDEL', open, ARGV[1])
for at = 2, #ARGV, 2 do
  if ARGV[at] == 'resubmitted' then
    redis.call('HINCRBY', books, 'read', -ARGV[at + 1])
  else
    redis.call('HINCRBY', books, ARGV[at], ARGV[at + 1])
  end
end
return 1
