-- An entry holds still: what it was computed from has not changed, so it is as good as computed now.
-- ARGV: key, generation, computed at (ms), source as they were when that was checked, now, ttl, grace, kept, ahead (see
-- set_ages). Returns 1; or 0 when the entry was replaced, invalidated or outdated since: whoever did that knows more.
local key = ARGV[1]
local entry = redis.call('HMGET', entry_of(key), 'gn', 'at', 'sr', 'pk')
if ARGV[4] == '' or entry[1] ~= ARGV[2] or entry[2] ~= ARGV[3] or entry[3] ~= ARGV[4] then return 0 end
set_ages(key, tonumber(ARGV[5]), { ARGV[6], ARGV[7], ARGV[8], ARGV[9] })
-- What only others are computed from stays parked: it is not due by itself.
if entry[4] then redis.call('ZREM', 'pc:due', key) end
-- What failed before has no bearing on a result that is as good as new: as when a task begins that has been dealt with.
local task = redis.call('HMGET', task_of(key), 'id', 'state')
if task[2] == 'failed' then
  redis.call('HSET', task_of(key), 'state', 'ready', 'finished_at', ARGV[5])
  redis.call('HDEL', task_of(key), 'fails', 'fa', 'attempts', 'error_code', 'error')
  unname_failed(key)
  tell(key, task[1], 'ready')
end
redis.call('HINCRBY', 'pc:m', 'refresh:unchanged:' .. type_of(key), 1)
return 1
