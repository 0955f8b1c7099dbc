--[[
Brings the counts of one inbox in order after somebody else took items out of its stream (XTRIM, XDEL): what stands in `seen`
and is neither there nor in `gone` has vanished; were it unread, it is counted in the gap.

KEYS  1 items   2 seen   3 state   4 merged   5 read   6 kept unread   7 starred   8 gone
ARGV  1 where to go on in `seen`, '0' to begin   2 about how many to look at
Returns where to go on, '0' at the end.

Safe to run twice: what vanished leaves `seen` with the first run. A replay may then deliver the post again.
]]
local items, seen, state, merged, read, kept, starred, gone = unpack(KEYS)
local mark = markOf(state)
local reply = redis.call('HSCAN', seen, ARGV[1], 'COUNT', ARGV[2])
local looked = reply[2]
for at = 1, #looked, 2 do
  local identity, id = looked[at], looked[at + 1]
  if #redis.call('XRANGE', items, id, id) == 0 and not redis.call('ZSCORE', gone, identity) then
    if isUnread(id, mark, read, kept) then
      redis.call('HINCRBY', state, 'unread', -1)
      redis.call('HINCRBY', state, 'gap', 1)
      local until_ = redis.call('HGET', state, 'gap_until')
      if not until_ or isBefore(until_, id) then redis.call('HSET', state, 'gap_until', id) end
    end
    redis.call('ZREM', read, id)
    redis.call('ZREM', kept, id)
    redis.call('ZREM', starred, id)
    redis.call('HDEL', merged, id)
    redis.call('HDEL', seen, identity)
  end
end
return reply[1]
