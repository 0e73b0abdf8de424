-- Deletes entries, or marks them stale. ARGV: now, soft (1|0), key, key, ... Returns how many there were.
-- Whoever is computing one of them loses the lease, and with it the right to write.
local now, soft = tonumber(ARGV[1]), ARGV[2] == '1'
local count = 0
for position = 3, #ARGV do
  local key = ARGV[position]
  if redis.call('EXISTS', entry_of(key)) == 1 then
    count = count + 1
    if soft then
      go_stale(key, now)
    else
      redis.call('DEL', entry_of(key))
    end
  end
  if not soft then unindex(key) end
  local task = redis.call('HMGET', task_of(key), 'id', 'state')
  if redis.call('DEL', lease_of(key)) == 1 or task[2] == 'failed' or (task[2] == 'ready' and not soft) then
    redis.call('ZREM', 'pc:watch', key)
    redis.call('DEL', task_of(key))
    if task[1] then tell(key, task[1], 'missing') end
  end
end
return count
