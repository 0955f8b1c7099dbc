--[[
Closes entries of the books whose job is gone: removed by hand, never added, or completed before and not run again.

KEYS  1 books (hash: counters)   2 open (hash: job id -> entries, a blank, when it was entered in ms; a 0 before: not yet confirmed)
      3 completed jobs (zset)
ARGV  1 prefix of the jobs' keys   2 leave alone what was entered less than this ago, in ms
Returns the number of entries whose job was removed by hand. Safe to run twice: what is closed is not open.

If a job was not confirmed, its pump crashed before it acknowledged the entries. They come again, perhaps in other batches, and are
counted again as read, so they are subtracted here.
]]
local books, open, completed = KEYS[1], KEYS[2], KEYS[3]
-- Read first: a key of another type must stop the script before it writes.
redis.call('HGET', books, 'read')
local now = redis.call('TIME')
local nowMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
local vanished = 0
local rows = redis.call('HGETALL', open)
for at = 1, #rows, 2 do
  local id = rows[at]
  local count, unconfirmed, since = string.match(rows[at + 1], '^(%d+) (0?)(%d+)$')
  if nowMs - tonumber(since) >= tonumber(ARGV[2]) then
    if redis.call('ZSCORE', completed, id) then
      redis.call('HDEL', open, id)
      redis.call('HINCRBY', books, 'duplicate', count)
    elseif redis.call('EXISTS', ARGV[1] .. id) == 0 then
      redis.call('HDEL', open, id)
      if unconfirmed == '0' then
        redis.call('HINCRBY', books, 'read', -count)
      else
        redis.call('HINCRBY', books, 'vanished', count)
        vanished = vanished + count
      end
    end
  end
end
return vanished
