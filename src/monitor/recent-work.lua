-- What workers ended since the last look: the jobs' results, and of some of them when their entries were appended.
-- KEYS[1]: a queue's completed jobs. ARGV[1]: prefix of the jobs' keys, ARGV[2]: only those that ended later than this (ms),
-- ARGV[3]: of how many, the newest, to look at the entries.
-- Returns how many completed jobs there are, then for each new one, oldest first: when it ended, its result, its name, and the times
-- of up to 5 of its entries (ms; '' where nobody looked). Only reads.
local ended = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[2], '+inf', 'WITHSCORES')
local found = { redis.call('ZCARD', KEYS[1]) }
local jobs = #ended / 2
for at = 1, jobs do
  local key = ARGV[1] .. ended[at * 2 - 1]
  local job = redis.call('HMGET', key, 'returnvalue', 'name')
  local times = {}
  if jobs - at < tonumber(ARGV[3]) then
    local data = redis.call('HGET', key, 'data') or ''
    local ids = entryIdList(data)
    if ids then
      local _, count = string.gsub(ids, ',', '')
      local every = math.max(1, math.ceil((count + 1) / 5))
      local place = 0
      for time in string.gmatch(ids, '"(%d+)%-%d+"') do
        if place % every == 0 then
          times[#times + 1] = time
        end
        place = place + 1
      end
    else
      times[1] = firstEntryId(string.sub(data, 1, 1000))
    end
  end
  found[#found + 1] = { ended[at * 2], job[1] or '', job[2] or '', table.concat(times, ' ') }
end
return found
