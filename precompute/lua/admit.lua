-- Which tasks of a plan have to be computed; each decision and its record in one step, so that ten triggers at once
-- start one computation.
-- ARGV: now (ms), watch (ms until someone looks after a new task), plan as JSON:
--   {fingerprint, event, cause, keep_ms, rest_ms, tasks: [{key, id, queue, wanted, force, inputs: [position, from 1]}]},
--   inputs before what needs them.
-- Returns for each task {verdict, id}: fresh | joined | queued (publish it) | waiting (for its inputs) | unneeded.
local now, watch = tonumber(ARGV[1]), tonumber(ARGV[2])
local plan = cjson.decode(ARGV[3])
local verdicts, needed = {}, {}

local function alive(key)
  local task = redis.call('HMGET', task_of(key), 'id', 'state', 'fp')
  if not task[1] or task[2] == 'failed' or task[2] == 'ready' then return nil end
  if task[2] == 'running' and redis.call('EXISTS', lease_of(key)) == 0 then return nil end
  if plan.fingerprint ~= '' and task[3] ~= plan.fingerprint then return nil end
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

-- A stale result is refreshed by whoever reads it: what has just failed must not be tried again with every read.
local function failed_just_now(task)
  if plan.cause == 'event' or task.force or not task.wanted then return false end
  local last = redis.call('HMGET', task_of(task.key), 'state', 'finished_at')
  return last[1] == 'failed' and now - tonumber(last[2] or 0) < plan.rest_ms
end

for position = #plan.tasks, 1, -1 do
  local task = plan.tasks[position]
  if (not task.wanted and not needed[position]) or failed_just_now(task) then
    verdicts[position] = { 'unneeded', '' }
  else
    local newer = plan.cause ~= 'event' and task.wanted and of_another_upload(task.key)
    if not newer then drop_other_input(task.key) end
    local running = alive(task.key)
    if newer then
      verdicts[position] = newer
    elseif not task.force and is_fresh(task.key, now, plan.fingerprint) then
      verdicts[position] = { 'fresh', '' }
    elseif running then
      verdicts[position] = { 'joined', running }
    else
      verdicts[position] = { 'new', task.id }
      for _, input in ipairs(task.inputs) do needed[input] = true end
    end
  end
end

for position, task in ipairs(plan.tasks) do
  if verdicts[position][1] == 'new' then
    local state = 'queued'
    for _, input in ipairs(task.inputs) do
      if verdicts[input][1] ~= 'fresh' then state = 'waiting' end
    end
    verdicts[position][1] = state
    leave_queue(task.key)
    redis.call('DEL', task_of(task.key), lease_of(task.key))
    redis.call('ZREM', 'pc:failed', task.key)
    redis.call('HSET', task_of(task.key), 'id', task.id, 'state', state, 'queue', task.queue, 'queued_at', now,
      'event', plan.event, 'cause', plan.cause, 'fp', plan.fingerprint, 'force', task.force and 1 or 0)
    redis.call('SET', 'pc:i:' .. task.id, task.key, 'PX', plan.keep_ms)
    redis.call('ZADD', queue_of(task.queue, task.key), now, task.key)
    redis.call('ZADD', 'pc:watch', now + watch, task.key)
    tell(task.key, task.id, 'queued')
  end
end
return verdicts
