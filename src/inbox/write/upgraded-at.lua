--[[
When workers of this version began to write, beside inboxes of an earlier version.

KEYS  1 upgraded at (string)   2 books (hash)   3 completed jobs (sorted set, BullMQ's): 0.1.0 kept no books
Returns it in ms; 0: this version wrote the first match. Safe to run twice: only the first run writes.
]]
local upgradedAt, books, completed = unpack(KEYS)
local known = redis.call('GET', upgradedAt)
if known then return tonumber(known) end
local wasUsed = redis.call('ZCARD', completed) > 0
local counters = redis.call('HGETALL', books)
for at = 1, #counters, 2 do wasUsed = wasUsed or counters[at] ~= 'read' end
local now = redis.call('TIME')
local nowMs = wasUsed and tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000) or 0
redis.call('SET', upgradedAt, string.format('%.0f', nowMs))
return nowMs
