-- Included, after stream-id.lua, by scripts that read on in an inbox. Entries behind the cursor ('': from the end), none older than `since` ('': all).
local function chunkOf(items, forward, cursor, since, count)
  if not forward then
    local start = cursor == '' and '+' or '(' .. cursor
    return redis.call('XREVRANGE', items, start, since == '' and '-' or since, 'COUNT', count)
  end
  local start = cursor == '' and '-' or '(' .. cursor
  if since ~= '' and (cursor == '' or isBefore(cursor, since)) then start = since end
  return redis.call('XRANGE', items, start, '+', 'COUNT', count)
end
