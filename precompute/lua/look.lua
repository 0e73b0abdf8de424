-- Entries as refreshing looks at them; those that are gone leave the indexes. ARGV: key, key, ...
-- Returns {{key, at, st, lr, wu, rd, co, sr, on its way (1|0)}, ...}; '' for what is not set.
local looked = {}
for _, key in ipairs(ARGV) do
  local entry = redis.call('HMGET', entry_of(key), 'at', 'st', 'lr', 'wu', 'rd', 'co', 'sr', 'fv')
  if entry[1] and is_readable(entry[8]) then
    local state = redis.call('HGET', task_of(key), 'state')
    local on_its_way = state == 'waiting' or state == 'queued' or state == 'running'
    looked[#looked + 1] = { key, entry[1], entry[2], entry[3] or '', entry[4] or '', entry[5], entry[6],
      entry[7] or '', on_its_way and 1 or 0 }
  elseif not entry[1] then
    unindex(key)
  end
end
return looked
