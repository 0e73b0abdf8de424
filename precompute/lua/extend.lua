-- A sign of life. ARGV: key, owner, now, lease (ms), progress or ''. Returns 1 while the lease is still the owner's.
local key, lease = ARGV[1], tonumber(ARGV[4])
if redis.call('GET', lease_of(key)) ~= ARGV[2] then return 0 end
redis.call('PEXPIRE', lease_of(key), lease)
redis.call('ZADD', 'pc:watch', tonumber(ARGV[3]) + lease, key)
if ARGV[5] ~= '' then
  redis.call('HSET', task_of(key), 'progress', ARGV[5])
  tell(key, redis.call('HGET', task_of(key), 'id'), 'running')
end
return 1
