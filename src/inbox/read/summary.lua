--[[
The counts of one inbox and its oldest and newest id, as one atomic read.

KEYS  1 items   2 state   3 seen   4 gone
Returns { total, unread, id of the oldest item or '', id of the newest or '', gap, gap_until or '', items that vanished }.
]]
local items, state, seen, gone = unpack(KEYS)

local function idOf(found)
  return found[1] and found[1][1] or ''
end

local total = redis.call('XLEN', items)
return {
  total,
  tonumber(redis.call('HGET', state, 'unread') or 0),
  idOf(redis.call('XRANGE', items, '-', '+', 'COUNT', 1)),
  idOf(redis.call('XREVRANGE', items, '+', '-', 'COUNT', 1)),
  tonumber(redis.call('HGET', state, 'gap') or 0),
  redis.call('HGET', state, 'gap_until') or '',
  redis.call('HLEN', seen) - redis.call('ZCARD', gone) - total,
}
