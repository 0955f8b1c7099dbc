--[[
The counts of one inbox and its oldest and newest id, as one atomic read.

KEYS  1 items   2 state   3 read   4 kept unread   5 seen   6 gone
Returns { total, unread, id of the oldest item or '', id of the newest or '', gap, gap_until or '', items that vanished,
  1 if `unread` is wrong }.
]]
local items, state, read, kept, seen, gone = unpack(KEYS)

local function idOf(found)
  return found[1] and found[1][1] or ''
end

local total = redis.call('XLEN', items)
local vanished = redis.call('HLEN', seen) - redis.call('ZCARD', gone) - total
return {
  total,
  tonumber(redis.call('HGET', state, 'unread') or 0),
  idOf(redis.call('XRANGE', items, '-', '+', 'COUNT', 1)),
  idOf(redis.call('XREVRANGE', items, '+', '-', 'COUNT', 1)),
  tonumber(redis.call('HGET', state, 'gap') or 0),
  redis.call('HGET', state, 'gap_until') or '',
  vanished,
  isMiscounted(items, state, read, kept, vanished == 0) and 1 or 0,
}
