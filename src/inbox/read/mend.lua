--[[
Repairs the counts of one inbox after another program removed items from its stream (XTRIM, XDEL): an item in `seen` that is
neither in the stream nor in `gone` has vanished; if it was unread, it is added to the gap.

KEYS  1 items   2 seen   3 state   4 merged   5 read   6 kept unread   7 starred   8 gone
ARGV  1 HSCAN cursor in `seen`   2 HSCAN count
Returns the next cursor, '0' at the end.

The types of all keys are checked before anything is written. Safe to run twice: the first run removes vanished items from `seen`. A replay may then deliver the post again.
]]
local items, seen, state, merged, read, kept, starred, gone = unpack(KEYS)
local problem = wrongType({ 'stream', 'hash', 'hash', 'hash', 'zset', 'zset', 'zset', 'zset' })
if problem then return redis.error_reply(problem) end
local mark = markOf(state)
local reply = redis.call('HSCAN', seen, ARGV[1], 'COUNT', ARGV[2])
local looked = reply[2]
for at = 1, #looked, 2 do
  local identity, id = looked[at], looked[at + 1]
  if #redis.call('XRANGE', items, id, id) == 0 and not redis.call('ZSCORE', gone, identity) then
    if isUnread(id, mark, read, kept) then
      redis.call('HINCRBY', state, 'unread', -1)
      addToGap(state, 1, id)
    end
    redis.call('ZREM', read, id)
    redis.call('ZREM', kept, id)
    redis.call('ZREM', starred, id)
    redis.call('HDEL', merged, id)
    redis.call('HDEL', seen, identity)
  end
end
return reply[1]
