-- Included by scripts that look into jobs. A quote inside a text has a backslash before it, so these patterns fit names alone.

-- The list of a batch's entry ids as it stands in the job's data; nil for a job of one entry.
local function entryIdList(data)
  return string.match(data, '"ids":%[(.-)%]')
end

-- The first entry id in a job's data, which is its oldest: ms, seq; nil where there is none.
local function firstEntryId(data)
  local list = entryIdList(data)
  if list then return string.match(list, '"(%d+)%-(%d+)"') end
  return string.match(data, '"id":"(%d+)%-(%d+)"')
end
