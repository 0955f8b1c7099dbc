--[[
Included by scripts that ask which posts the limits of an inbox removed: about 14 bytes a post.

`removed` (hash): number of a bucket -> records of 11 bytes: a hash of the identity, 9 bytes, and when the item was delivered, in
  units of two hours, modulo 65,536.
`state` has `removed`: "<buckets> <records> <next bucket to clean> <unit in which all were last cleaned>".

Linear hashing, so that the number of buckets changes by one at a time: of B buckets a record belongs into `number % 2P`, or where that
is B or more, into `number % P`; P is the largest power of two up to B.
]]
local HASH_BYTES, RECORD_BYTES = 9, 11

-- An identity is 22 characters of base64. Modulo 64 some of these meet: of 72 bits 67 are left.
local function hashOf(identity)
  if #identity ~= 22 then identity = redis.sha1hex(identity) end
  local a, b, c, d, e, f, g, h, i, j, k, l = string.byte(identity, 1, 12)
  return struct.pack(
    '>I3I3I3',
    a % 64 * 262144 + b % 64 * 4096 + c % 64 * 64 + d % 64,
    e % 64 * 262144 + f % 64 * 4096 + g % 64 * 64 + h % 64,
    i % 64 * 262144 + j % 64 * 4096 + k % 64 * 64 + l % 64)
end

local function powerUpTo(buckets)
  local _, exponent = math.frexp(buckets)
  return 2 ^ (exponent - 1)
end

local function bucketOf(hash, buckets, power)
  -- The sum: each part alone prefers some numbers.
  local a, b, c = struct.unpack('>I3I3I3', hash)
  local number = a + b + c
  local bucket = number % (2 * power)
  return bucket < buckets and bucket or number % power
end

local function hasRecord(records, hash)
  local at = string.find(records, hash, 1, true)
  while at and (at - 1) % RECORD_BYTES ~= 0 do at = string.find(records, hash, at + 1, true) end
  return at ~= nil
end

-- For each of at most some thousand identities whether a limit removed it. `known`: the state's field `removed`.
local function areRemoved(removed, known, identities)
  local buckets = tonumber(string.match(known or '', '^%d+'))
  local found = {}
  if not buckets or #identities == 0 then return found end
  local hashes, fields, power = {}, {}, powerUpTo(buckets)
  for at, identity in ipairs(identities) do
    hashes[at] = hashOf(identity)
    fields[at] = bucketOf(hashes[at], buckets, power)
  end
  for at, records in ipairs(redis.call('HMGET', removed, unpack(fields))) do
    found[at] = records and hasRecord(records, hashes[at])
  end
  return found
end
