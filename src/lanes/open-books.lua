--[[
Enters jobs into the books before they are added.

KEYS  1 books (hash: counters)   2 open (hash: job id -> entries, a blank, when it was entered in ms; see below)   3 completed jobs (zset)
ARGV  1 prefix of the jobs' keys   then for each job: id, number of entries
Returns nothing. Safe to run twice: a job that is open stays as it is; one that ran before counts as read and duplicate once more.

A 0 before the time: its pump does not know yet whether the job was added. Its entries are then still pending, and come again.
]]
local books, open, completed, prefix = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
-- Read first: a key of another type must stop the script before it writes.
redis.call('HGET', books, 'read')
local now = redis.call('TIME')
local nowMs = string.format('%.0f', tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000))
for at = 2, #ARGV, 2 do
  local id, count = ARGV[at], ARGV[at + 1]
  if redis.call('HEXISTS', prefix .. id, 'settled') == 1 or redis.call('ZSCORE', completed, id) then
    -- BullMQ will ignore it: an id that exists in any state is not added.
    redis.call('HINCRBY', books, 'read', count)
    redis.call('HINCRBY', books, 'duplicate', count)
  elseif redis.call('HSETNX', open, id, count .. ' 0' .. nowMs) == 1 then
    redis.call('HINCRBY', books, 'read', count)
  end
end
