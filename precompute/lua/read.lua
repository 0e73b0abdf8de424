-- One read: the entry, or what is known of its task; counted in the same round trip.
-- ARGV: key, now (ms), counted (1|0). Returns {1, v, at, st, go, et} or {0, id, state, error_code, error}.
local key, now, counted = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local entry = redis.call('HMGET', entry_of(key), 'v', 'at', 'st', 'go', 'et')
if entry[1] and now < tonumber(entry[4]) then
  if counted then
    local stale = now >= tonumber(entry[3])
    redis.call('HINCRBY', 'pc:m', (stale and 'stale:' or 'hit:') .. type_of(key), 1)
    redis.call('HINCRBY', entry_of(key), 'rd', 1)
  end
  return { 1, entry[1], entry[2], entry[3], entry[4], entry[5] }
end
if counted then redis.call('HINCRBY', 'pc:m', 'miss:' .. type_of(key), 1) end
-- Evicted, or past its time: the indexes must not name it any longer.
redis.call('DEL', entry_of(key))
unindex(key)
local task = redis.call('HMGET', task_of(key), 'id', 'state', 'error_code', 'error')
return { 0, task[1], task[2], task[3], task[4] }
