-- What a task that has not begun is waiting for. ARGV: key, id, now, watch (ms), again (1|0: also one that was
-- queued before, whose message may be lost), then for each input its key and what to put before the message of its
-- failure.
-- Returns {verdict, detail...}: queued (its inputs are stored: publish it, detail is queue, event and cause) | waiting |
-- missing (an input is neither stored nor on its way: detail is
-- its key, event and cause) | failed (an input failed; so does this task) | gone (nothing to do).
local key, id, now, watch = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local task = redis.call('HMGET', task_of(key), 'id', 'state', 'queue', 'event', 'cause', 'fp', 'queued_at', 'ex')
local counts = task[2] == 'waiting' or (task[2] == 'queued' and ARGV[5] == '1')
if task[1] ~= id or not counts then return { 'gone' } end
redis.call('ZADD', 'pc:watch', now + watch, key)
local verdict = 'queued'
for position = 6, #ARGV, 2 do
  local input = ARGV[position]
  local other = redis.call('HMGET', task_of(input), 'state', 'error_code', 'error', 'fp', 'started_at',
    'queued_at', 'deliveries')
  local on_its_way = other[1] == 'waiting' or other[1] == 'queued' or other[1] == 'running'
  local same = not other[1] or task[6] == '' or other[4] == task[6]
  if not same and other[4] ~= '' and tonumber(other[6] or 0) >= tonumber(task[7] or 0) then
    -- The input belongs to a newer upload. Asking for the older one would take it away from those who wait for it, who
    -- would ask for theirs, and so on without an end: the older task gives way.
    fail(key, id, now, 'superseded', 'a newer upload took its place', 86400000)
    return { 'failed' }
  elseif on_its_way and same then
    verdict = 'waiting'
  elseif not is_fresh(input, now, task[6]) then
    if other[1] == 'failed' and same then
      -- An input that never began only passed on what failed before it; that has been named already.
      fail(key, id, now, other[2], (other[5] and ARGV[position + 1] or '') .. other[3], 86400000, other[7])
      return { 'failed' }
    end
    redis.call('HSET', task_of(key), 'state', 'waiting')
    return { 'missing', task[3], task[4] or '', task[5] or '', task[8] or '', input }
  end
end
redis.call('HSET', task_of(key), 'state', verdict)
if verdict == 'queued' then
  redis.call('HSET', task_of(key), 'sent_at', now)
  if task[2] == 'queued' then redis.call('HINCRBY', task_of(key), 'resent', 1) end
end
return { verdict, task[3], task[4] or '', task[5] or '', task[8] or '' }
