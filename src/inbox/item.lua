-- Included before the scripts that look at entries of an inbox's stream: one that another program added is no item.
local function isItem(fields)
  return fields[1] == 'post' and fields[3] == 'matched_by'
end

local function hasItem(items, id)
  local found = redis.call('XRANGE', items, id, id)[1]
  return found ~= nil and isItem(found[2])
end
