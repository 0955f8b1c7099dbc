--[[
Deletes a consumer of a group, unless something is pending for it: what is pending would be dropped with it.

KEYS  1 stream
ARGV  1 group   2 consumer
Returns 1 if it was deleted, else 0. Safe to run twice: the second time there is nobody.
]]
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
