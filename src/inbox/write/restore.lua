--[[
Posts that an inbox has seen, and whose items are gone. One that a bound removed does not come back; one that another program
deleted is delivered again.

KEYS  1 items   2 seen   3 state   4 merged   5 read   6 kept unread   7 starred   8 gone   9 removed
ARGV  1 as what the inbox is admitted (admit.lua)   2 … for each post: identity, post, match
Returns for each post: 1 delivered, 2 duplicate, 5 nothing was written, since the inbox is not admitted as that; and behind them 1 if any was delivered: bound.lua may have work.

Safe to run twice: the second run finds the item. The types of all keys are checked before anything is written.
]]
local items, seen, state, merged, read, kept, starred, gone, removed = unpack(KEYS)
local problem = wrongType({ 'stream', 'hash', 'hash', 'hash', 'zset', 'zset', 'zset', 'zset', 'hash' })
if problem then return redis.error_reply(problem) end

local function put(identity, post, match)
  local id = redis.call('HGET', seen, identity)
  if id and #redis.call('XRANGE', items, id, id) == 1 then return 2 end
  if id and redis.call('ZSCORE', gone, identity) then return 2 end
  if areRemoved(removed, redis.call('HGET', state, 'removed'), { identity })[1] then return 2 end
  if id then dropState({ id }, state, merged, read, kept, starred) end
  id = redis.call('XADD', items, '*', 'post', post, 'matched_by', match, 'identity', identity)
  redis.call('HSET', seen, identity, id)
  redis.call('HINCRBY', state, 'unread', 1)
  return 1
end

local isAdmitted = redis.call('HGET', state, 'admitted') == ARGV[1]
local results, hasAdded = {}, 0
for at = 2, #ARGV, 3 do
  local result = isAdmitted and put(ARGV[at], ARGV[at + 1], ARGV[at + 2]) or 5
  if result == 1 then hasAdded = 1 end
  results[#results + 1] = result
end
results[#results + 1] = hasAdded
return results
