-- Renews the lease where it is still the driver's, or gives it back.
-- KEYS[1]: the lease. ARGV[1]: the driver, ARGV[2]: for how many milliseconds from now (0: gives it back). Returns 1 where it was its own.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
