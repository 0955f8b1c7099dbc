--[[
Who receives a subscription's matches. Read-only.

KEYS  1 about   2 subscribers (zset, every score 0)
ARGV  1 page size
Returns { 'subscribers', all names } up to the page size; { 'pages', first and last name of each page } above it;
  { 'unsubscribed', {} } if everybody left; { 'unknown', {} } if nobody ever registered.
]]
local about, subscribers, size = KEYS[1], KEYS[2], tonumber(ARGV[1])
local total = redis.call('ZCARD', subscribers)

if total == 0 then
  return { redis.call('EXISTS', about) == 1 and 'unsubscribed' or 'unknown', {} }
end
if total <= size then
  return { 'subscribers', redis.call('ZRANGE', subscribers, 0, -1) }
end
local ends = {}
for first = 0, total - 1, size do
  local last = math.min(first + size, total) - 1
  ends[#ends + 1] = redis.call('ZRANGE', subscribers, first, first)[1]
  ends[#ends + 1] = redis.call('ZRANGE', subscribers, last, last)[1]
end
return { 'pages', ends }
