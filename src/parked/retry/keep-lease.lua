-- Renews the lease if it is still the driver's, or releases it.
-- KEYS[1]: the lease. ARGV[1]: the driver, ARGV[2]: for how many milliseconds from now (0: releases it). Returns 1 if it was the driver's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
