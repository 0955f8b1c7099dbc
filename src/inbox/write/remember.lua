--[[
Included, after removed.lua, by bound.lua: adds to the posts that limits removed, and forgets them some time after `rememberMs`: in a bucket
that changes, and now and then in all. Reads and writes a bucket at most once a call; the key expires when all in it may be forgotten.
]]
local PER_BUCKET = 24
local UNIT_MS = 7200000
local UNITS = 65536
-- An item stamped by a clock ahead of ours is not old.
local UNITS_AHEAD = 4380

local function openRemoved(removed, state, nowMs, rememberMs)
  local now, longest = math.floor(nowMs / UNIT_MS), math.ceil(rememberMs / UNIT_MS)
  local known = redis.call('HGET', state, 'removed')
  local buckets, records, cursor, cleaned = string.match(known or '', '^(%d+) (%d+) (%d+) (%d+)$')
  if not buckets or redis.call('EXISTS', removed) == 0 then buckets, records, cursor, cleaned = 1, 0, 0, now end
  buckets, records, cursor, cleaned = tonumber(buckets), tonumber(records), tonumber(cursor), tonumber(cleaned)
  local loaded, isChanged = {}, {}

  local power = powerUpTo(buckets)
  local function setBuckets(count) buckets, power = count, powerUpTo(count) end

  local function put(bucket, text) loaded[bucket], isChanged[bucket] = text, true end

  local function isOld(text, from)
    local age = (now - struct.unpack('>I2', text, from + HASH_BYTES)) % UNITS
    return age > longest and age < UNITS - UNITS_AHEAD
  end

  -- Without what is old at its beginning: records are added by age, nearly.
  local function get(bucket)
    local text = loaded[bucket]
    if text then return text end
    text = redis.call('HGET', removed, bucket) or ''
    local from = 1
    while from <= #text and isOld(text, from) do from = from + RECORD_BYTES end
    loaded[bucket] = text
    if from > 1 then
      records = records - (from - 1) / RECORD_BYTES
      put(bucket, string.sub(text, from))
    end
    return loaded[bucket]
  end

  local function recordsOf(bucket)
    local text, found = get(bucket), {}
    for from = 1, #text, RECORD_BYTES do found[#found + 1] = string.sub(text, from, from + RECORD_BYTES - 1) end
    return found
  end

  local function split()
    local from, parts = buckets - power, { {}, {} }
    local all = recordsOf(from)
    setBuckets(buckets + 1)
    for _, record in ipairs(all) do
      local part = parts[bucketOf(record, buckets, power) == from and 1 or 2]
      part[#part + 1] = record
    end
    put(from, table.concat(parts[1]))
    put(buckets - 1, table.concat(parts[2]))
  end

  local function merge()
    setBuckets(buckets - 1)
    local all = recordsOf(buckets - power)
    for _, record in ipairs(recordsOf(buckets)) do all[#all + 1] = record end
    local function age(record) return (now - struct.unpack('>I2', record, HASH_BYTES + 1) + UNITS_AHEAD) % UNITS end
    table.sort(all, function(a, b) return age(a) > age(b) end)
    put(buckets - power, table.concat(all))
    put(buckets, '')
  end

  return {
    add = function(identity, ms)
      local hash = hashOf(identity)
      local bucket = bucketOf(hash, buckets, power)
      put(bucket, get(bucket) .. hash .. struct.pack('>I2', math.floor(ms / UNIT_MS) % UNITS))
      records = records + 1
    end,

    -- Forgets what is old in at most so many buckets; whether all are clean.
    clean = function(most)
      local since = now - cleaned
      if since >= 0 and since < math.max(1, math.floor(longest / 6)) then return true end
      local last = math.min(cursor + most, buckets) - 1
      for bucket = cursor, last do get(bucket) end
      cursor = last + 1
      if cursor < buckets then return false end
      cursor, cleaned = 0, now
      return true
    end,

    -- Merges at most so many buckets, and none while there are clean ones and others.
    save = function(most)
      while records > PER_BUCKET * buckets do split() end
      while cursor == 0 and buckets > 1 and most > 0 and records < PER_BUCKET / 2 * buckets do
        merge()
        most = most - 1
      end
      local set, empty = {}, {}
      for bucket in pairs(isChanged) do
        if loaded[bucket] == '' then
          empty[#empty + 1] = bucket
        else
          set[#set + 1] = bucket
          set[#set + 1] = loaded[bucket]
        end
      end
      if #empty > 0 then redis.call('HDEL', removed, unpack(empty)) end
      if #set > 0 then redis.call('HSET', removed, unpack(set)) end
      local after = records > 0 and string.format('%d %d %d %d', buckets, records, cursor, cleaned)
      if not after and known then redis.call('HDEL', state, 'removed') end
      if after and after ~= known then redis.call('HSET', state, 'removed', after) end
      if after and redis.call('PTTL', removed) < rememberMs + UNIT_MS then
        redis.call('PEXPIRE', removed, string.format('%.0f', rememberMs + 2 * UNIT_MS))
      end
    end,
  }
end
