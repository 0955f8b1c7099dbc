--[[
Rewinds a group, so that everything after an id is delivered again.

KEYS  1 stream
ARGV  1 group   2 id
Returns 1 if it was rewound; 0 if there is no such group, or it is not past the id: it never moves forward.
Safe to run twice: entries may be delivered again, and an inbox takes each post once.
]]
-- No EXISTS: the pump's user has no permission for it on the stream.
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if groups.err then
  if string.find(groups.err, 'no such key', 1, true) then return 0 end
  return groups
end
for _, group in ipairs(groups) do
  local row = {}
  for at = 1, #group, 2 do row[group[at]] = group[at + 1] end
  if row.name == ARGV[1] then
    if not isBefore(ARGV[2], row['last-delivered-id']) then return 0 end
    redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2])
    return 1
  end
end
return 0
