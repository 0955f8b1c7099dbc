--[[
Trims one inbox to its bounds, a limited number of items per call. Unread items that go are counted and shown as a gap.

KEYS  1 items   2 seen   3 state   4 merged   5 read   6 kept unread   7 starred
      8 gone (zset: identity of an item that a bound removed, by its time; so that a replay does not bring it back)
ARGV  1 most items, 0 = no bound   2 longest age in ms, 0 = no bound   3 how long a removed item is remembered, in ms
      4 ms to the next look at the ages   5 most items removed in this call
Returns 1 if there is more to remove, else 0.

Safe to run twice: the second run finds nothing beyond the bounds.
]]
local items, seen, state, merged, read, kept, starred, gone = unpack(KEYS)
local maxItems, maxAgeMs, rememberMs = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local sweepEveryMs, most = tonumber(ARGV[4]), tonumber(ARGV[5])
local now = redis.call('TIME')
local nowMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)

local function remove(found)
  if #found == 0 then return end
  local ids, forgotten, remembered = {}, {}, {}
  for at, item in ipairs(found) do
    local id, identity = item[1], item[2][6]
    ids[at] = id
    if identity and parts(id) > nowMs - rememberMs then
      remembered[#remembered + 1] = string.match(id, '^%d+')
      remembered[#remembered + 1] = identity
    elseif identity then
      forgotten[#forgotten + 1] = identity
    end
  end
  local unread = dropState(ids, state, merged, read, kept, starred)
  redis.call('XDEL', items, unpack(ids))
  if #unread > 0 then
    redis.call('HINCRBY', state, 'gap', #unread)
    redis.call('HSET', state, 'gap_until', unread[#unread])
  end
  if #remembered > 0 then redis.call('ZADD', gone, unpack(remembered)) end
  if #forgotten > 0 then redis.call('HDEL', seen, unpack(forgotten)) end
end

local surplus = maxItems > 0 and redis.call('XLEN', items) - maxItems or 0
local many = math.min(surplus, most)
if many > 0 then remove(redis.call('XRANGE', items, '-', '+', 'COUNT', many)) end

local isAged = false
if maxAgeMs > 0 then
  local oldest = string.format('%.0f', math.max(0, nowMs - maxAgeMs - 1))
  local aged = redis.call('XRANGE', items, '-', oldest, 'COUNT', most)
  remove(aged)
  isAged = #aged == most
end
local old = redis.call('ZRANGEBYSCORE', gone, '-inf', nowMs - rememberMs, 'LIMIT', 0, most)
if #old > 0 then
  redis.call('HDEL', seen, unpack(old))
  redis.call('ZREM', gone, unpack(old))
end
if not isAged and #old < most then
  redis.call('HSET', state, 'next_sweep', string.format('%.0f', nowMs + sweepEveryMs))
end
return (surplus > most or isAged or #old == most) and 1 or 0
