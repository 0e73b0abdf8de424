-- One read: the entry, or what is known of its task; counted in the same round trip.
-- ARGV: key, now (ms), counted (1|0). Returns {1, v, at, st, go, et} or {0, id, state, error_code, error}.
local key, now, counted = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local name = entry_of(key)
local entry = redis.call('HMGET', name, 'v', 'at', 'st', 'go', 'et', 'rd', 'ke', 'co', 'ca', 'pk', 'du')
if entry[1] and now < tonumber(entry[4]) then
  if counted then
    local row = type_of(key)
    redis.call('HINCRBY', 'pc:m', (now < tonumber(entry[3]) and 'hit:' or 'stale:') .. row, 1)
    redis.call('HSET', name, 'rd', entry[6] + 1, 'lr', now)
    if entry[6] == '0' and redis.call('HDEL', 'pc:unread', key) == 1 then
      local label = row .. ':' .. (entry[9] ~= '' and entry[9] or 'unknown')
      redis.call('HINCRBY', 'pc:m', 'used:' .. label, 1)
      redis.call('HINCRBY', 'pc:m', 'saved_ms:' .. label, entry[8])
    end
    if entry[10] then
      redis.call('HDEL', name, 'pk')
      redis.call('ZADD', 'pc:due', entry[11], key)
    end
  end
  return { 1, entry[1], entry[2], entry[3], entry[4], entry[5] }
end
if counted then redis.call('HINCRBY', 'pc:m', 'miss:' .. type_of(key), 1) end
if not entry[1] or now >= tonumber(entry[7]) then
  -- Evicted, or past its time: the indexes must not name it any longer.
  redis.call('DEL', name)
  unindex(key)
end
local task = redis.call('HMGET', task_of(key), 'id', 'state', 'error_code', 'error')
return { 0, task[1], task[2], task[3], task[4] }
