-- Takes the lease, keeps it where it is ours, or gives it back.
-- KEYS[1]: the lease. ARGV[1]: who asks, ARGV[2]: for how many milliseconds (0: gives it back). Returns 1 where it is ours now.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
