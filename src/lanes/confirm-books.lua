--[[
Records that jobs were added, before their entries are acknowledged: from then on only the jobs have these entries.

KEYS  1 books (hash: counters)   2 open (hash: job id -> entries, a blank, when it was entered in ms; a 0 before: not yet confirmed)
      3 completed jobs (zset)
ARGV  1 prefix of the jobs' keys   then for each job: id, number of entries
Returns nothing. Safe to run twice: confirmed jobs stay as they are.

An unsettled job that is not open: its pump was suspended in between for so long that the books had closed it; or a worker of an
older version, which does not mark the job, has just settled it. It is entered unconfirmed: no alarm if it disappears later.
]]
local books, open, completed, prefix = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local now = redis.call('TIME')
local nowMs = string.format('%.0f', tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000))
for at = 2, #ARGV, 2 do
  local id, count = ARGV[at], ARGV[at + 1]
  local entered = redis.call('HGET', open, id)
  local entries, since = string.match(entered or '', '^(%d+) 0(%d+)$')
  if entries then
    redis.call('HSET', open, id, entries .. ' ' .. since)
  elseif not entered and redis.call('EXISTS', prefix .. id) == 1 then
    if redis.call('HEXISTS', prefix .. id, 'settled') == 0 and not redis.call('ZSCORE', completed, id) then
      redis.call('HSET', open, id, count .. ' 0' .. nowMs)
      redis.call('HINCRBY', books, 'read', count)
    end
  end
end
