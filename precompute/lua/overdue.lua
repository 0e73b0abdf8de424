-- Tasks that nobody has looked after for too long. ARGV: now, most, watch (ms), then the labels of all queues.
-- A running one whose worker gave no sign of life is put back to queued.
-- Returns {{key, id, was, queue, queued_at, published last, published again so often}, ...}.
local now, watch = tonumber(ARGV[1]), tonumber(ARGV[3])
local found = {}
for _, key in ipairs(redis.call('ZRANGE', 'pc:watch', '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[2])) do
  local task = redis.call('HMGET', task_of(key), 'id', 'state', 'queue', 'queued_at', 'sent_at', 'resent',
    'ex')
  if not task[1] or task[2] == 'ready' or task[2] == 'failed' then
    -- Over; or its record was evicted, and then nobody remembers on which queue it was counted.
    redis.call('ZREM', 'pc:watch', key)
    for position = 4, #ARGV do redis.call('ZREM', queue_of(ARGV[position], key), key) end
  elseif task[2] == 'running' and redis.call('EXISTS', lease_of(key)) == 1 then
    redis.call('ZADD', 'pc:watch', now + watch, key)
  elseif task[7] and now >= tonumber(task[7]) then
    expire(key, task[1], now)
  else
    if task[2] == 'running' then
      redis.call('HSET', task_of(key), 'state', 'queued')
      redis.call('ZADD', queue_of(task[3], key), now, key)
      redis.call('HINCRBY', 'pc:m', 'rescued:' .. type_of(key), 1)
      tell(key, task[1], 'queued')
    end
    redis.call('ZADD', 'pc:watch', now + watch, key)
    found[#found + 1] = { key, task[1], task[2], task[3], task[4], task[5] or task[4], task[6] or '0' }
  end
end
return found
