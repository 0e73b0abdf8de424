-- A computation waits for what somebody else is making; its message comes again. ARGV: key, owner, now, watch (ms).
-- Returns 1, or 0 when the lease was lost: somebody else answers for the task, or nobody wants it any more.
local key, now = ARGV[1], tonumber(ARGV[3])
if redis.call('GET', lease_of(key)) ~= ARGV[2] then return 0 end
redis.call('DEL', lease_of(key))
local task = redis.call('HMGET', task_of(key), 'id', 'queue', 'queued_at')
-- The server evicted the record; the message brings everything again.
if not task[1] then return 1 end
-- The worker is well, so this delivery does not count towards setting the task aside.
redis.call('DEL', deliveries_of(key))
-- It has waited since it was asked for; that it begins again is not counted as another wait.
redis.call('HSET', task_of(key), 'state', 'queued', 'deliveries', 0, 'put_off', 1)
redis.call('ZADD', queue_of(task[2], key), task[3] or now, key)
redis.call('ZADD', 'pc:watch', now + tonumber(ARGV[4]), key)
tell(key, task[1], 'queued')
return 1
