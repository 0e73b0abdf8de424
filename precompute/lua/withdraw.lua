-- Forgets tasks that could not be published; what had failed before has failed again. ARGV: now, keep
-- (both ms), key, id, key, id, ...
local now, keep = tonumber(ARGV[1]), tonumber(ARGV[2])

local function put_back(key, before)
  redis.call('HSET', task_of(key), unpack(before))
  local id, failed_at, code = unpack(redis.call('HMGET', task_of(key), 'id', 'fa', 'error_code'))
  local forgotten_at = tonumber(failed_at) + keep
  redis.call('PEXPIRE', task_of(key), math.max(1, forgotten_at - now))
  name_failed(key, code, forgotten_at)
  tell(key, id, 'failed')
end

for position = 3, #ARGV, 2 do
  local key, id = ARGV[position], ARGV[position + 1]
  if redis.call('HGET', task_of(key), 'id') == id then
    local before = redis.call('HGET', task_of(key), 'undo')
    leave_queue(key)
    redis.call('ZREM', 'pc:watch', key)
    redis.call('DEL', task_of(key), 'pc:i:' .. id)
    if before then put_back(key, cjson.decode(before)) else tell(key, id, 'missing') end
  end
end
