-- A sign of life. ARGV: key, owner, now, lease (ms), progress or ''. Returns 1 while the lease is still the owner's.
local key, lease = ARGV[1], tonumber(ARGV[4])
if redis.call('GET', lease_of(key)) ~= ARGV[2] then return 0 end
redis.call('PEXPIRE', lease_of(key), lease)
redis.call('ZADD', 'pc:watch', tonumber(ARGV[3]) + lease, key)
local id = redis.call('HGET', task_of(key), 'id')
-- A record that the server evicted must not come back as a fragment that nobody ever forgets.
if ARGV[5] ~= '' and id then
  redis.call('HSET', task_of(key), 'progress', ARGV[5])
  tell(key, id, 'running')
end
return 1
