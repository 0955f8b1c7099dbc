--[[
Takes the names that nobody asks for yet, if a worker is there to answer.

KEYS  1 asked (zset: name → until, ms)   2 worker (string: one is there)   3 jobs that wait   4 delayed jobs   5 meta of the queue
      6 the server of the AppView (hash: paused, open = ms)
ARGV  1 for how long they are taken, ms   2 names a job   3 most jobs that wait   4.. names, each after the kind of its job
Returns { ms until it makes sense to ask again (0: now), the time, ms; then 1 for each name that was taken, 0 for each other }.
]]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local server = redis.call('HMGET', KEYS[6], 'paused', 'open')
local closedMs = math.max(tonumber(server[1] or 0), tonumber(server[2] or 0)) - now
if closedMs > 0 then return { closedMs, now } end
if redis.call('EXISTS', KEYS[2]) == 0 or redis.call('HGET', KEYS[5], 'paused') then return { 5000, now } end
local free = tonumber(ARGV[3]) - redis.call('LLEN', KEYS[3]) - redis.call('ZCARD', KEYS[4])
local perJob, untilMs = tonumber(ARGV[2]), now + tonumber(ARGV[1])
local inJob, reply = {}, { 0, now }
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
for at = 4, #ARGV, 2 do
  local kind, name = ARGV[at], ARGV[at + 1]
  local taken = 0
  local isFull = (inJob[kind] or perJob) == perJob
  if (not isFull or free > 0) and redis.call('ZADD', KEYS[1], 'NX', untilMs, name) == 1 then
    taken = 1
    if isFull then
      free = free - 1
      inJob[kind] = 0
    end
    inJob[kind] = inJob[kind] + 1
  end
  reply[#reply + 1] = taken
end
return reply
