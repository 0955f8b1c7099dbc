-- Included by scripts that write several keys. A script that calls this first changes everything or nothing: a key of the wrong type
-- would stop it between its writes. Returns the text of an error, or nil.
local function wrongType(expected)
  for at, key in ipairs(KEYS) do
    local found = redis.call('TYPE', key).ok
    if found ~= 'none' and found ~= expected[at] then
      return 'WRONGTYPE ' .. key .. ' is a ' .. found .. ', not a ' .. expected[at]
    end
  end
end
