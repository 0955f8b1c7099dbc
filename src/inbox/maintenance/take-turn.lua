--[[
The turn to do maintenance, for one process at a time, and how far it is.

KEYS  1 lease (string: who)   2 state (hash: place)
ARGV  1 who asks   2 how long the turn lasts, ms   3 the place to save, '' = none
Returns the saved place, '' if there is none; nothing if it is another process's turn: then nothing is saved.
]]
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return false end
redis.call('HGET', KEYS[2], 'place')
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], 'place', ARGV[3]) end
return redis.call('HGET', KEYS[2], 'place') or ''
