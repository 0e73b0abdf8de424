-- Writes a result, if the writer still has the lease. An invalidation deletes the lease, so it wins.
-- ARGV: key, owner, now, ttl, grace, kept, ahead (see set_ages), cost (all ms), etag, source, value, how many parts were sent
-- ahead, their bytes, what the last step took of the cost (ms).
-- Returns the entry's generation, 0 when the lease was lost, or -1 when parts were evicted; then nothing was written.
local key, owner, now, cost, step = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[8], ARGV[14]
local ahead = 'pc:p:' .. key .. ':' .. owner
if redis.call('GET', lease_of(key)) ~= owner then
  redis.call('DEL', ahead)
  redis.call('HINCRBY', 'pc:m', 'lease_lost:' .. type_of(key), 1)
  return 0
end
if ARGV[12] ~= '0' and redis.call('HLEN', ahead) < tonumber(ARGV[12]) then return -1 end
local task = redis.call('HMGET', task_of(key), 'id', 'event', 'cause', 'fp', 'outdated', 'state', 'fails', 'fa', 'attempts')
local before = redis.call('HMGET', entry_of(key), 'gn', 'lr', 'wu')
local generation = (tonumber(before[1]) or 0) + 1
local served = tonumber(ARGV[7]) >= 0
settle(key)
redis.call('DEL', entry_of(key), deliveries_of(key))
if ARGV[12] ~= '0' then redis.call('RENAME', ahead, entry_of(key)) end
redis.call('HSET', entry_of(key), 'v', ARGV[11], 'at', now, 'et', ARGV[9], 'co', cost, 'gn', generation,
  'ev', task[2] or '', 'ca', task[3] or '', 'fp', task[4] or '', 'sr', task[5] and '' or ARGV[10], 'rd', 0,
  'fv', FORMAT)
if before[2] then redis.call('HSET', entry_of(key), 'lr', before[2]) end
if before[3] then redis.call('HSET', entry_of(key), 'wu', before[3]) end
local bytes = #ARGV[11] + ARGV[13]
local total = set_ages(key, now, { ARGV[4], ARGV[5], ARGV[6], ARGV[7] }, task[5])
redis.call('HSET', task_of(key), 'state', 'ready', 'finished_at', now, 'progress', 1)
if task[7] or task[8] or task[9] then redis.call('HDEL', task_of(key), 'fails', 'fa', 'attempts') end
finish(key, total, task[6] == 'running')
redis.call('HINCRBY', 'pc:m', 'runs:' .. type_of(key), 1)
redis.call('HINCRBY', 'pc:m', 'ms:' .. type_of(key), step)
count_class('took:' .. type_of(key), step)
if served then
  -- Its task may have been evicted, and with it the cause.
  local cause = task[3] or 'unknown'
  redis.call('HSET', 'pc:unread', key, cause .. ':' .. cost)
  redis.call('HINCRBY', 'pc:m', 'made:' .. type_of(key) .. ':' .. cause, 1)
  redis.call('LPUSH', 'pc:latest', cjson.encode({ key, now, tonumber(cost), cause, bytes }))
  redis.call('LTRIM', 'pc:latest', 0, 99)
end
tell(key, task[1] or '', 'ready')
return generation
