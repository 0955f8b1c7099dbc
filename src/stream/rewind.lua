--[[
Rewinds a group, so that everything after an id is delivered again.

KEYS  1 stream
ARGV  1 group   2 id
Returns 1 if it was rewound; 0 if there is no such group, or it is not past the id: it never moves forward.
Safe to run twice: entries may be delivered again, and an inbox takes each post once.
]]
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local row = {}
  for at = 1, #group, 2 do row[group[at]] = group[at + 1] end
  if row.name == ARGV[1] then
    if not isBefore(ARGV[2], row['last-delivered-id']) then return 0 end
    redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2])
    return 1
  end
end
return 0
