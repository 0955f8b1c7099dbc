--[[
Counts items of a part of an inbox by subscription, newest first. An item counts for each of its matches. Read-only.

KEYS  1 items   2 state   3 merged   4 read   5 kept unread
ARGV  1 cursor: item id, '' for the newest   2 most items looked at   3 most bytes looked at
Returns { cursor of the next call or '', counts }, the counts being
  { subscription (a JSON string), items, unread items, id of the newest } of each.
]]
local items, state, merged, read, kept = unpack(KEYS)
local cursor, lookAtMost, mostBytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local mark = markOf(state)
local head = '{"subscription_id":'

-- The JSON string that names the subscription of a match; nil if another program wrote the line.
local function subscriptionOf(line)
  if string.sub(line, 1, #head + 1) ~= head .. '"' then return nil end
  local at = #head + 2
  while true do
    local found = string.find(line, '["\\]', at)
    if not found then return nil end
    if string.sub(line, found, found) == '"' then return string.sub(line, #head + 1, found) end
    at = found + 2
  end
end

local counts, rows = {}, {}
local function count(line, id, isNew)
  local subscription = subscriptionOf(line)
  if not subscription then return end
  local row = counts[subscription]
  if not row then
    row = { subscription, 0, 0, id, '' }
    counts[subscription] = row
    rows[#rows + 1] = row
  end
  -- The same subscription twice in one item counts once, as for the filter.
  if row[5] == id then return end
  row[5] = id
  row[2] = row[2] + 1
  if isNew then row[3] = row[3] + 1 end
end

local looked, bytes, more = 0, 0, true
while more and looked < lookAtMost and bytes < mostBytes do
  local some = redis.call('XREVRANGE', items, cursor == '' and '+' or '(' .. cursor, '-', 'COUNT', 25)
  more = #some == 25
  for _, item in ipairs(some) do
    local id, fields = item[1], item[2]
    looked, cursor = looked + 1, id
    if isItem(fields) then
      bytes = bytes + #fields[2]
      local isNew = isUnread(id, mark, read, kept)
      count(fields[4], id, isNew)
      local others = redis.call('HGET', merged, id)
      if others then
        for line in string.gmatch(others, '[^\n]+') do count(line, id, isNew) end
      end
    end
  end
end

for _, row in ipairs(rows) do row[5] = nil end
return { more and cursor or '', rows }
