--[[
Which posts may be written into an inbox: all, or if the person was erased lately only those received since.

KEYS  1 state (hash: admitted, see below)   2 erased (string: when, ms), for as long as a replay may bring older posts
ARGV  when each post was received, ms
Returns { value of `admitted`: the time until which posts are refused, '0' = none is; for each post 1, or 0 if it is refused }.
  If any may be written, that time is noted in the state. write.lua and restore.lua write only while it stands there: an erasure
  removes it, and a post that was admitted before is examined again.

Safe to run twice.
]]
local state, erased = KEYS[1], redis.call('GET', KEYS[2]) or '0'
local reply, some = { erased }, false
for at = 1, #ARGV do
  local isOlder = erased ~= '0' and tonumber(ARGV[at]) <= tonumber(erased)
  reply[at + 1] = isOlder and 0 or 1
  some = some or not isOlder
end
if some then redis.call('HSET', state, 'admitted', erased) end
return reply
