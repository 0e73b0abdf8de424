-- A worker takes a message up. ARGV: key, id, owner, now, lease (ms), most deliveries, queue, event, cause, fingerprint, keep (ms).
-- Returns {verdict, tries that failed before}: run | done (fresh already) | busy (another has the lease) | superseded |
-- set_aside | expired (it waited too long).
local key, id, owner = ARGV[1], ARGV[2], ARGV[3]
local now, lease, most, keep = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[11])
-- All that is to be known of the task is asked at once: with a question for each, this and store.lua took a tenth longer.
local task = redis.call('HMGET', task_of(key), 'id', 'state', 'force', 'fp', 'ex', 'queue', 'attempts', 'death', 'outdated', 'undo', 'put_off')
local queue = task[6]
if task[1] and task[1] ~= id then return { 'superseded', 0 } end
if task[1] and (task[2] == 'ready' or task[2] == 'failed') then return { 'done', 0 } end
if task[3] ~= '1' and is_fresh(key, now, ARGV[10]) then
  if task[1] then
    redis.call('HSET', task_of(key), 'state', 'ready', 'finished_at', now)
    redis.call('HDEL', task_of(key), 'fails', 'fa', 'attempts')
    finish(key, keep)
    redis.call('DEL', deliveries_of(key))
    tell(key, id, 'ready')
  end
  return { 'done', 0 }
end
local holder = redis.call('GET', lease_of(key))
if holder and holder ~= owner then return { 'busy', 0 } end
if task[5] and now >= tonumber(task[5]) then
  expire(key, id, now)
  return { 'expired', 0 }
end
if not task[1] then
  -- The cache was lost or the record evicted; the message knows enough to go on.
  queue = ARGV[7]
  redis.call('HSET', task_of(key), 'id', id, 'queue', queue, 'queued_at', now, 'event', ARGV[8], 'cause', ARGV[9], 'fp', ARGV[10])
  redis.call('SET', 'pc:i:' .. id, key, 'PX', keep)
end
-- Counted by key and input, not in the record: whoever triggers between two deaths makes a new one.
local before = redis.call('HMGET', deliveries_of(key), 'fp', 'n')
local delivery = (before[1] == ARGV[10] and tonumber(before[2]) or 0) + 1
redis.call('HSET', deliveries_of(key), 'fp', ARGV[10], 'n', delivery)
redis.call('PEXPIRE', deliveries_of(key), keep)
if delivery > most then
  redis.call('HSET', task_of(key), 'deliveries', most, 'aside', 1)
  local how = (task[8] or '') ~= '' and ', last by ' .. task[8] or ''
  fail(key, id, now, 'set_aside', 'its worker died ' .. most .. ' times' .. how .. '; set aside', keep)
  return { 'set_aside', 0 }
end
local asked_at = queue and redis.call('ZSCORE', queue_of(queue, key), key)
if asked_at then
  -- Another clock may have written it down.
  if not task[11] then
    local waited = math.max(0, now - tonumber(asked_at))
    count_class('waited:' .. queue, waited)
    redis.call('HINCRBY', 'pc:m', 'waited_ms:' .. queue, waited)
  end
  redis.call('ZREM', queue_of(queue, key), key)
end
redis.call('SET', lease_of(key), owner, 'PX', lease)
redis.call('HSET', task_of(key), 'state', 'running', 'started_at', now, 'owner', owner, 'progress', 0, 'deliveries', delivery)
if task[9] or task[10] or task[11] then redis.call('HDEL', task_of(key), 'outdated', 'undo', 'put_off') end
redis.call('ZADD', 'pc:watch', now + lease, key)
tell(key, id, 'running')
return { 'run', tonumber(task[7] or '0') }
