--[[
Recounts the unread items of one inbox, a limited number per call: moves the read mark past them, and puts the unread ones into
`kept`. Their read state does not change. After the last call the mark is at the newest item, and `kept` has all unread ones.

KEYS  1 items   2 state   3 read   4 kept unread
ARGV  1 most items in this call
Returns 1 if there is more, else 0. Safe to run twice.
]]
local items, state, read, kept = unpack(KEYS)
local problem = wrongType({ 'stream', 'hash', 'zset', 'zset' })
if problem then return redis.error_reply(problem) end
-- It was erased since, and must leave nothing.
if redis.call('EXISTS', items, state) == 0 then return 0 end

-- unpack() fails beyond about 8,000 values.
local most = math.min(tonumber(ARGV[1]), 1000)
local passed = redis.call('XRANGE', items, '(' .. markOf(state), '+', 'COUNT', most)
local ids, unread = {}, {}
for at, item in ipairs(passed) do
  local id = item[1]
  ids[at] = id
  if isItem(item[2]) and not redis.call('ZSCORE', read, id) then
    unread[#unread + 1] = string.match(id, '^%d+')
    unread[#unread + 1] = id
  end
end
if #unread > 0 then redis.call('ZADD', kept, unpack(unread)) end
if #ids > 0 then
  redis.call('HSET', state, 'mark', ids[#ids])
  redis.call('ZREM', read, unpack(ids))
end
if #ids == most then return 1 end
redis.call('DEL', read)
redis.call('HSET', state, 'unread', redis.call('ZCARD', kept))
return 0
