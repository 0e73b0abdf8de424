-- What was just learned makes results outdated: entries go stale, and what is being computed goes stale when it is
-- stored, since it may have looked before. No computation loses its lease. ARGV: now (ms), key, key, ...
local now = tonumber(ARGV[1])
for position = 2, #ARGV do
  local key = ARGV[position]
  local stale = redis.call('HGET', entry_of(key), 'st')
  if stale and now < tonumber(stale) then
    redis.call('HSET', entry_of(key), 'st', now)
    redis.call('ZADD', 'pc:y:' .. type_of(key), now, key)
  end
  if redis.call('EXISTS', lease_of(key)) == 1 and redis.call('HEXISTS', task_of(key), 'id') == 1 then
    redis.call('HSET', task_of(key), 'outdated', 1)
  end
end
