--[[
Deletes a consumer of a group unless it has pending entries, which would be lost with it.

KEYS  1 stream
ARGV  1 group   2 consumer
Returns 1 if it was deleted, else 0. Safe to run twice.
]]
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
