--[[
Included by scripts that check which posts the limits of an inbox removed: about 14 bytes a post.

`removed` (hash): number of a bucket -> records of 11 bytes: 72 bits of the SHA-1 of the identity, and when the item was delivered, in
  units of two hours, modulo 65,536.
`state` has `removed`: "<buckets> <records> <next bucket to clean> <unit in which all were last cleaned>".

Linear hashing, so that the number of buckets changes by one at a time: of B buckets a record belongs into `number % 2P`, or where that
is B or more, into `number % P`; P is the largest power of two up to B.
]]
local HASH_BYTES, RECORD_BYTES = 9, 11

local function hashOf(identity)
  local hex, part = redis.sha1hex(identity), string.sub
  return struct.pack('>I3I3I3', tonumber(part(hex, 1, 6), 16), tonumber(part(hex, 7, 12), 16), tonumber(part(hex, 13, 18), 16))
end

local function powerUpTo(buckets)
  local _, exponent = math.frexp(buckets)
  return 2 ^ (exponent - 1)
end

-- `power`: powerUpTo(buckets)
local function bucketOf(hash, buckets, power)
  local number = struct.unpack('>I3', hash, HASH_BYTES - 2)
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
