-- Drops a transient entry once no task that reads it is on its way. ARGV: key, dependant key, dependant key, ...
for position = 2, #ARGV do
  local state = redis.call('HGET', task_of(ARGV[position]), 'state')
  if state == 'waiting' or state == 'queued' or state == 'running' then return 0 end
end
local dropped = redis.call('DEL', entry_of(ARGV[1]))
unindex(ARGV[1])
return dropped
