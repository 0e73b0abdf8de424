-- Which tasks of a plan have to be computed; each decision and its record in one step, so that ten triggers at once
-- start one computation.
-- ARGV: now (ms), watch (ms until someone looks after a new task), plan as JSON:
--   {fingerprint, event, cause, insist, seen, expires_at, keep_ms, first_rest_ms, longest_rest_ms,
--    tasks: [{key, id, queue, wanted, force, told_as, inputs: [position, from 1]}]}, inputs before what needs them.
--   seen: instant (ms) at which the result was stored that the plan is to replace, 0 for any. expires_at: 0 for never.
--   told_as: what to put before the message of its failure when it fails something else.
-- Returns for each task {verdict, id}: fresh | joined | queued (publish it) | waiting (for its inputs) | unneeded |
--   failed (a moment ago, and not tried again yet).
local now, watch = tonumber(ARGV[1]), tonumber(ARGV[2])
local plan = cjson.decode(ARGV[3])
local verdicts, needed = {}, {}

-- What has an end is dropped when it does not begin by then: who wants it without an end either keeps it from being
-- dropped, while it runs, or asks for it anew, as it may stand far behind.
local function alive(key)
  local task = redis.call('HMGET', task_of(key), 'id', 'state', 'fp', 'ex')
  if not task[1] or task[2] == 'failed' or task[2] == 'ready' then return nil end
  local running = task[2] == 'running'
  if running and redis.call('EXISTS', lease_of(key)) == 0 then return nil end
  if plan.fingerprint ~= '' and task[3] ~= plan.fingerprint then return nil end
  if task[4] and not running and (plan.expires_at == 0 or now >= tonumber(task[4])) then return nil end
  if task[4] and plan.expires_at == 0 then redis.call('HDEL', task_of(key), 'ex') end
  return task[1]
end

-- A new upload under the same id: what was computed from the old one must not be served, nor written any more.
local function drop_other_input(key)
  local found = redis.call('HGET', entry_of(key), 'fp')
  if plan.fingerprint ~= '' and found and found ~= plan.fingerprint then
    redis.call('DEL', entry_of(key))
    unindex(key)
  end
end

-- A refresh brings the event of the result that was there when somebody looked, and a prediction what its user brought
-- last when somebody looked. Where an upload came in between, what
-- that one brings is newer: nothing to do.
local function of_another_upload(key)
  local task = redis.call('HMGET', task_of(key), 'id', 'state', 'fp')
  if task[2] == 'waiting' or task[2] == 'queued' or task[2] == 'running' then
    return task[3] ~= plan.fingerprint and { 'joined', task[1] } or nil
  end
  local found = redis.call('HGET', entry_of(key), 'fp')
  return found and found ~= plan.fingerprint and { 'fresh', '' } or nil
end

local function fails_before(key)
  local last = redis.call('HMGET', task_of(key), 'fails', 'fp', 'fa', 'error_code', 'error')
  local same = plan.fingerprint == '' or last[2] == plan.fingerprint
  return last[1] and last[3] and same and not plan.insist and last or nil
end

-- What failed is left alone for a while, twice as long after each failure: whoever asks, and however often. What ended
-- its workers is left alone until somebody insists, or its record is forgotten.
local function rests(key)
  local task = redis.call('HMGET', task_of(key), 'id', 'state', 'aside')
  local last = task[2] == 'failed' and fails_before(key)
  if not last then return nil end
  local pause = math.min(plan.longest_rest_ms, plan.first_rest_ms * 2 ^ math.min(tonumber(last[1]) - 1, 30))
  return (task[3] or now - tonumber(last[3]) < pause) and { 'failed', task[1] or '' } or nil
end

local function enough(task)
  if not task.force then return is_fresh(task.key, now, plan.fingerprint) end
  local at = plan.seen > 0 and redis.call('HGET', entry_of(task.key), 'at')
  return at and tonumber(at) > plan.seen and is_fresh(task.key, now, plan.fingerprint)
end

local function verdict_on(task)
  local newer = plan.cause ~= 'event' and task.wanted and of_another_upload(task.key)
  if newer then return newer end
  drop_other_input(task.key)
  if enough(task) then return { 'fresh', '' } end
  local running = alive(task.key)
  -- The caller lost the answer with its connection and asks once more: nobody has published the message yet.
  if running == task.id then return { redis.call('HGET', task_of(task.key), 'state'), running } end
  return running and { 'joined', running } or rests(task.key) or { 'new', task.id }
end

-- Where the message cannot be published, what has failed still has (withdraw.lua).
local function undo_of(key)
  if redis.call('HGET', task_of(key), 'state') ~= 'failed' then return nil end
  redis.call('HDEL', task_of(key), 'undo')
  return cjson.encode(redis.call('HGETALL', task_of(key)))
end

local function record(task, state)
  local last, undo = fails_before(task.key), undo_of(task.key)
  leave_queue(task.key)
  redis.call('DEL', task_of(task.key), lease_of(task.key))
  unname_failed(task.key)
  if plan.insist then redis.call('DEL', deliveries_of(task.key)) end
  redis.call('HSET', task_of(task.key), 'id', task.id, 'state', state, 'queue', task.queue, 'queued_at', now,
    'event', plan.event, 'cause', plan.cause, 'fp', plan.fingerprint, 'force', task.force and 1 or 0)
  if undo then redis.call('HSET', task_of(task.key), 'undo', undo) end
  if plan.expires_at > 0 then redis.call('HSET', task_of(task.key), 'ex', plan.expires_at) end
  if last then
    redis.call('HSET', task_of(task.key), 'fails', last[1], 'fa', last[3], 'error_code', last[4] or '', 'error', last[5] or '')
  end
  redis.call('SET', 'pc:i:' .. task.id, task.key, 'PX', plan.keep_ms)
  redis.call('ZADD', queue_of(task.queue, task.key), now, task.key)
  redis.call('ZADD', 'pc:watch', now + watch, task.key)
  tell(task.key, task.id, 'queued')
end

for position = #plan.tasks, 1, -1 do
  local task = plan.tasks[position]
  if not task.wanted and not needed[position] then
    verdicts[position] = { 'unneeded', '' }
  else
    verdicts[position] = verdict_on(task)
    local found = verdicts[position][1]
    if found == 'new' or found == 'waiting' then
      for _, input in ipairs(task.inputs) do needed[input] = true end
    end
  end
end

for position, task in ipairs(plan.tasks) do
  if verdicts[position][1] == 'new' then
    local state, broken = 'queued', nil
    for _, input in ipairs(task.inputs) do
      if verdicts[input][1] == 'failed' then broken = broken or plan.tasks[input] end
      if verdicts[input][1] ~= 'fresh' then state = 'waiting' end
    end
    verdicts[position][1] = broken and 'failed' or state
    record(task, state)
    if broken then
      local why = redis.call('HMGET', task_of(broken.key), 'error_code', 'error', 'deliveries')
      fail(task.key, task.id, now, why[1] or '', broken.told_as .. (why[2] or ''), plan.keep_ms, why[3])
    end
  end
end
return verdicts
