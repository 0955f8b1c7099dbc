--[[
Enters jobs into the books before they are added.

KEYS  1 books (hash: counters)   2 open (hash: job id -> entries, a blank, when it was entered in ms)
ARGV  for each job: id, number of entries
Returns nothing. Safe to run twice: a job that is open stays as it is.
]]
-- Read first: a key of another type must stop the script before it writes.
redis.call('HGET', KEYS[1], 'read')
local now = redis.call('TIME')
local nowMs = string.format('%.0f', tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000))
for at = 1, #ARGV, 2 do
  if redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[at + 1] .. ' ' .. nowMs) == 1 then
    redis.call('HINCRBY', KEYS[1], 'read', ARGV[at + 1])
  end
end
