--[[
Trims one inbox to its bounds, a limited number of items per call. Unread items that go are counted and shown as a gap. Starred items
stay, and do not count.

KEYS  1 items   2 seen   3 state   4 merged   5 read   6 kept unread   7 starred
      8 gone (zset: identity of an item that a bound removed, by its time: how earlier versions kept a replay from bringing it back)
      9 removed (hash: the same, see removed.lua)
ARGV  1 most items, 0 = no bound   2 longest age in ms, 0 = no bound   3 how long a removed item is remembered, in ms
      4 ms to the next look at the ages   5 most items removed in this call
      6 until this time, in ms, an earlier version may run: what is removed is remembered as it knows it
Returns 1 if there is more to remove, else 0.

Safe to run twice: the second run finds nothing beyond the bounds. Everything is read before anything is written.
]]
local items, seen, state, merged, read, kept, starred, gone, removed = unpack(KEYS)
local problem = wrongType({ 'stream', 'hash', 'hash', 'hash', 'zset', 'zset', 'zset', 'zset', 'hash' })
if problem then return redis.error_reply(problem) end
-- It was erased since, and must leave nothing.
if redis.call('EXISTS', items, state) == 0 then return 0 end

local maxItems, maxAgeMs, rememberMs = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
-- Starred items before the first that may go.
local LOOK_AT_MOST = 2000
-- unpack() fails beyond about 8,000 values.
local sweepEveryMs, most = tonumber(ARGV[4]), math.min(tonumber(ARGV[5]), 1000)
local now = redis.call('TIME')
local nowMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
local asBefore = nowMs < tonumber(ARGV[6])
local CLEAN_AT_ONCE = 200
local memory = openRemoved(removed, state, nowMs, rememberMs)

local stars = redis.call('ZCARD', starred)

-- `starred_to` in the state is "<ms> <count>": all items before this time were starred, and their number. While the number is the same,
-- they still are.
local function firstUnstarred()
  if stars == 0 then return '-' end
  local ms, count = string.match(redis.call('HGET', state, 'starred_to') or '', '^(%d+) (%d+)$')
  local isSo = ms and redis.call('ZCOUNT', starred, '-inf', '(' .. ms) == tonumber(count)
  return isSo and ms .. '-0' or '-'
end

local function keepStarredTo(id)
  local ms = string.match(id, '^%d+')
  redis.call('HSET', state, 'starred_to', ms .. ' ' .. redis.call('ZCOUNT', starred, '-inf', '(' .. ms))
end

-- The oldest items beyond the bounds that are not starred; whether these are all; the last item examined.
local function beyondBounds()
  local surplus = maxItems > 0 and redis.call('XLEN', items) - stars - maxItems or 0
  local aged = maxAgeMs > 0 and string.format('%.0f', math.max(0, nowMs - maxAgeMs - 1))
  local found, looked, from, last = {}, 0, firstUnstarred(), nil
  while #found < most and looked < LOOK_AT_MOST do
    local isSurplus = #found < surplus
    if not isSurplus and not aged then return found, true, last end
    local enough = math.min(most, isSurplus and surplus or most)
    local count = math.max(enough - #found, stars > 0 and 100 or 1)
    local some = redis.call('XRANGE', items, from, isSurplus and '+' or aged, 'COUNT', count)
    for _, item in ipairs(some) do
      if #found == enough then break end
      looked, last = looked + 1, item[1]
      if stars == 0 or not redis.call('ZSCORE', starred, last) then found[#found + 1] = item end
    end
    if #some < count and #found < enough then return found, true, last end
    from = '(' .. last
  end
  return found, false, last
end

local function remove(found)
  if #found == 0 then return end
  local entries, ids, aliens, forgotten, remembered = {}, {}, {}, {}, {}
  for at, item in ipairs(found) do
    local id, identity = item[1], item[2][6]
    entries[at] = id
    if not isItem(item[2]) then
      aliens[#aliens + 1] = id
    else
      ids[#ids + 1] = id
      local isYoung = parts(id) > nowMs - rememberMs
      if identity and isYoung and asBefore then
        remembered[#remembered + 1] = string.match(id, '^%d+')
        remembered[#remembered + 1] = identity
      elseif identity then
        if isYoung then memory.add(identity, (parts(id))) end
        forgotten[#forgotten + 1] = identity
      end
    end
  end
  -- First, because a full Redis then allows everything that follows, too.
  redis.call('XDEL', items, unpack(entries))
  local unread = dropState(ids, state, merged, read, kept, starred)
  forgetState(aliens, merged, read, kept, starred)
  if #unread > 0 then addToGap(state, #unread, unread[#unread]) end
  if #remembered > 0 then redis.call('ZADD', gone, unpack(remembered)) end
  if #forgotten > 0 then redis.call('HDEL', seen, unpack(forgotten)) end
end

-- Removes old entries from `gone`; and all, a limited number per write, once no earlier version needs them.
local function leavingGone()
  if asBefore then return redis.call('ZRANGEBYSCORE', gone, '-inf', nowMs - rememberMs, 'LIMIT', 0, most) end
  local found = redis.call('ZRANGE', gone, 0, most - 1, 'WITHSCORES')
  local leaving = {}
  for at = 1, #found, 2 do
    leaving[#leaving + 1] = found[at]
    local ms = tonumber(found[at + 1])
    -- With a half: a former identity (write.lua), which nothing needs any more.
    if ms > nowMs - rememberMs and ms % 1 == 0 then memory.add(found[at], ms) end
  end
  return leaving
end

local found, isAll, last = beyondBounds()
local old = leavingGone()
remove(found)
if last and stars > 0 then keepStarredTo(last) end
if #old > 0 then
  redis.call('HDEL', seen, unpack(old))
  redis.call('ZREM', gone, unpack(old))
end
isAll = memory.clean(CLEAN_AT_ONCE) and isAll and (#old < most or not asBefore)
memory.save(CLEAN_AT_ONCE)
if isAll then redis.call('HSET', state, 'next_sweep', string.format('%.0f', nowMs + sweepEveryMs)) end
return isAll and 0 or 1
