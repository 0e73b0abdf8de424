-- Writes a result, if the writer still has the lease. An invalidation deletes the lease, so it wins.
-- ARGV: key, owner, now, ttl, grace, cost (all ms), etag, value, name, bytes, name, bytes, ...
-- Returns the entry's generation, or 0 when the lease was lost and nothing was written.
local key, owner = ARGV[1], ARGV[2]
local now, ttl, grace = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if redis.call('GET', lease_of(key)) ~= owner then return 0 end
local task = redis.call('HMGET', task_of(key), 'id', 'event', 'cause', 'fp', 'outdated')
local stale = task[5] and now or now + ttl
local generation = (tonumber(redis.call('HGET', entry_of(key), 'gn')) or 0) + 1
redis.call('DEL', entry_of(key))
redis.call('HSET', entry_of(key), 'v', ARGV[8], 'at', now, 'st', stale, 'go', now + ttl + grace, 'et', ARGV[7],
  'co', ARGV[6], 'gn', generation, 'ev', task[2] or '', 'ca', task[3] or '', 'fp', task[4] or '', 'rd', 0)
for position = 9, #ARGV, 2 do
  redis.call('HSET', entry_of(key), 'p:' .. ARGV[position], ARGV[position + 1])
end
redis.call('PEXPIRE', entry_of(key), ttl + grace)
redis.call('ZADD', 'pc:y:' .. type_of(key), stale, key)
redis.call('ZADD', 'pc:gone', now + ttl + grace, key)
redis.call('HSET', task_of(key), 'state', 'ready', 'finished_at', now, 'progress', 1)
finish(key, ttl + grace)
redis.call('HINCRBY', 'pc:m', 'runs:' .. type_of(key), 1)
redis.call('HINCRBY', 'pc:m', 'ms:' .. type_of(key), ARGV[6])
tell(key, task[1] or '', 'ready')
return generation
