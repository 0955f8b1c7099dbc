-- Included by scripts that read job data. Quotes inside strings are escaped, so these patterns match member names only.

-- The list of a batch's entry ids, as JSON; nil for a job of one entry.
local function entryIdList(data)
  return string.match(data, '"ids":%[(.-)%]')
end

-- The first entry id, which is the oldest: ms, seq; nil if there is none.
local function firstEntryId(data)
  -- Not by entryIdList: finding the end of the list takes ten times as long as reading the data.
  local ms, seq = string.match(data, '"ids":%["(%d+)%-(%d+)"')
  if ms then return ms, seq end
  return string.match(data, '"id":"(%d+)%-(%d+)"')
end
