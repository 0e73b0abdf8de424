-- Forgets tasks that could not be published. ARGV: key, id, key, id, ...
for position = 1, #ARGV, 2 do
  local key, id = ARGV[position], ARGV[position + 1]
  if redis.call('HGET', task_of(key), 'id') == id then
    leave_queue(key)
    redis.call('ZREM', 'pc:watch', key)
    redis.call('DEL', task_of(key), 'pc:i:' .. id)
    tell(key, id, 'missing')
  end
end
