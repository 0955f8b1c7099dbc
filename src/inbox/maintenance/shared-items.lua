--[[
Items of one inbox whose posts have their own keys, oldest first, a limited number per call: only those delivered long ago.

KEYS  1 items   2 state   3 starred
ARGV  1 id after which to look, '' = from the oldest   2 how long ago they were delivered at least, ms
      3 how long after the last call they need no look, ms   4 most items looked at   5 most bytes of posts read
Returns { the time, ms; the id to go on after, '' at the end; for each: identity, when it was delivered (ms), 1 if starred else 0 }.
  The call that finds nothing more notes when to look again: by then the caller has used what the calls before it returned.
]]
local items, state, starred = unpack(KEYS)
local after, agoMs, lookAtMost, mostBytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local reply = { string.format('%.0f', nowMs), '' }

local to, looked, bytes, isEnd = string.format('%.0f', math.max(0, nowMs - agoMs)), 0, 0, false
while not isEnd and looked < lookAtMost and bytes < mostBytes do
  local some = redis.call('XRANGE', items, after == '' and '-' or '(' .. after, to, 'COUNT', 25)
  for _, item in ipairs(some) do
    local id, fields = item[1], item[2]
    after = id
    bytes = bytes + #(fields[2] or '')
    if isItem(fields) and fields[2] == '' then
      reply[#reply + 1] = fields[6] or ''
      reply[#reply + 1] = string.match(id, '^%d+')
      reply[#reply + 1] = redis.call('ZSCORE', starred, id) and 1 or 0
    end
  end
  looked = looked + #some
  isEnd = #some < 25
end
if looked > 0 then
  reply[2] = after
elseif redis.call('EXISTS', items) == 1 then
  redis.call('HSET', state, 'next_renewal', string.format('%.0f', nowMs + tonumber(ARGV[3])))
end
return reply
