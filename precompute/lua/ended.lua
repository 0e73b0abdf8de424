-- The process that computed a task has ended, as its worker's main process says. ARGV: key, id, beginning of its owner's token,
-- now, watch (ms), keep (ms), innocent (1|0: it was ended because the worker ends), how (as signal 11 (SIGSEGV), or ''), code
-- of its failure ('': another try follows), message.
-- Returns 1, or 0 when another has the task by now: its lease was over before this was said. Where it was over and nobody has
-- taken the task up, the process still has it: native code that lets nothing else run may have kept it from saying so.
local key, id, now = ARGV[1], ARGV[2], tonumber(ARGV[4])
local task = redis.call('HMGET', task_of(key), 'id', 'state', 'queue', 'owner')
local holder = redis.call('GET', lease_of(key)) or task[4]
if not holder or string.sub(holder, 1, #ARGV[3]) ~= ARGV[3] then return 0 end
redis.call('DEL', lease_of(key))
if task[1] ~= id or task[2] ~= 'running' then return 0 end
if ARGV[9] ~= '' then
  fail(key, id, now, ARGV[9], ARGV[10], tonumber(ARGV[6]))
  return 1
end
if ARGV[7] == '1' and redis.call('HINCRBY', deliveries_of(key), 'n', -1) <= 0 then redis.call('DEL', deliveries_of(key)) end
-- The worker brings the message again; should it not, somebody looks after the task as after any that is queued.
redis.call('HSET', task_of(key), 'state', 'queued', 'death', ARGV[8])
redis.call('ZADD', queue_of(task[3], key), now, key)
redis.call('ZADD', 'pc:watch', now + tonumber(ARGV[5]), key)
tell(key, id, 'queued')
return 1
