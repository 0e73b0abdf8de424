-- A computation failed. ARGV: key, owner, now, code, message, keep (ms), watch (ms; 0: no further try).
-- Returns 1, or 0 when the lease was lost and somebody else answers for the task.
local key, now, watch = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[7])
if redis.call('GET', lease_of(key)) ~= ARGV[2] then return 0 end
local task = redis.call('HMGET', task_of(key), 'id', 'queue')
if watch == 0 then
  fail(key, task[1], now, ARGV[4], ARGV[5], tonumber(ARGV[6]))
  return 1
end
if not task[1] then
  -- The server evicted the record; the message of the next try brings everything again.
  redis.call('DEL', lease_of(key))
  return 1
end
-- The worker is well, so this delivery does not count towards setting the task aside.
redis.call('DEL', deliveries_of(key))
redis.call('HSET', task_of(key), 'state', 'queued', 'error_code', ARGV[4], 'error', ARGV[5], 'deliveries', 0)
redis.call('HINCRBY', task_of(key), 'attempts', 1)
redis.call('DEL', lease_of(key))
redis.call('ZADD', queue_of(task[2], key), now, key)
redis.call('ZADD', 'pc:watch', now + watch, key)
tell(key, task[1], 'queued')
return 1
