-- Included before the scripts that compare ids of entries, `<ms>-<number>`.
local function parts(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  return tonumber(ms), tonumber(seq)
end

local function isBefore(a, b)
  local aMs, aSeq = parts(a)
  local bMs, bSeq = parts(b)
  return aMs < bMs or (aMs == bMs and aSeq < bSeq)
end
