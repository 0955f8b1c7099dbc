--[[
A consistent snapshot of the books. Read-only.

KEYS  1 books (hash: counters)   2 open (hash: job id -> entries, a blank, when it was entered in ms)
Returns { counters as name, value …, what is open }.
]]
return { redis.call('HGETALL', KEYS[1]), redis.call('HVALS', KEYS[2]) }
