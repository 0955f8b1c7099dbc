--[[
Reads a group's position in its stream, and what the stream still has. Read-only.

KEYS  1 stream
ARGV  1 group   2 an id: entries up to it are accounted for, or ''   3 newest deleted id that the caller knows of, or ''
Returns nothing if there is no such stream or group, else
{ last delivered id, entries the group read by Redis' count, oldest id, last id ever, entries, entries ever added, newest deleted id,
  entries after what is accounted for, consumers of the group }, each as a string, '' where it is not known. The last but one is counted only if an entry after that was
deleted and the caller does not know it yet, and only up to a limit. Where XINFO STREAM is refused: { the error }.
]]
local stream, group, accounted, known = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local MOST_COUNTED = 10000

local function row(flat)
  local found = {}
  for at = 1, #flat, 2 do found[flat[at]] = flat[at + 1] end
  return found
end

local groups = redis.pcall('XINFO', 'GROUPS', stream)
if groups.err then
  if string.find(groups.err, 'no such key', 1, true) then return nil end
  return groups
end
local ours
for _, flat in ipairs(groups) do
  local one = row(flat)
  if one.name == group then ours = one end
end
if not ours then return nil end
local reply = redis.pcall('XINFO', 'STREAM', stream)
if reply.err then return { reply.err } end
local about = row(reply)
local delivered, deleted = ours['last-delivered-id'], about['max-deleted-entry-id']
local after = accounted ~= '' and isBefore(delivered, accounted) and accounted or delivered
local unread = ''
if deleted and deleted ~= known and isBefore(after, deleted) then
  local count = #redis.call('XRANGE', stream, '(' .. after, '+', 'COUNT', MOST_COUNTED + 1)
  if count <= MOST_COUNTED then unread = count end
end
local first = about['first-entry']
local function text(value) return value and tostring(value) or '' end
return {
  delivered, text(ours['entries-read']), text(first and first[1]), about['last-generated-id'], text(about.length),
  text(about['entries-added']), text(deleted), text(unread),
  text(ours.consumers)
}
