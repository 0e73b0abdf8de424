-- Takes results back: deletes entries, or marks them stale. ARGV: now (ms), soft (1|0), rules as JSON, key, key, ...
-- rules: {shown: {subject: [types of results about users that show such a one's results]}, and by type: inputs: [types it
-- is computed from, directly or not], derived: [types that are computed from it, directly or not]}.
-- Whoever is computing one of them, or something derived from it, loses the lease, and with it the right to write: in the
-- same step, as it may read an input until the moment that goes. A failure is forgotten, and those of its inputs with it:
-- to take back means to try again. What shows them to their owner goes stale.
-- Returns how many entries there were; none twice for the same now.
local now, soft = tonumber(ARGV[1]), ARGV[2] == '1'
local rules = cjson.decode(ARGV[3])
local count, done = 0, {}

local function forget(key, id)
  redis.call('ZREM', 'pc:watch', key)
  unname_failed(key)
  redis.call('DEL', task_of(key))
  if id then tell(key, id, 'missing') end
end

local function forget_failed_inputs(name, ref)
  for _, input in ipairs(rules.inputs[name] or {}) do
    local task = redis.call('HMGET', task_of(input .. ref), 'id', 'state')
    if task[2] == 'failed' then forget(input .. ref, task[1]) end
  end
end

local function outdate_what_shows(ref, event)
  local types = rules.shown[string.match(ref, '^:([^:]+):')]
  if not types or not event or event == '' then return end
  local read, known = pcall(cjson.decode, event)
  if not read or type(known.user_id) ~= 'string' then return end
  for _, name in ipairs(types) do outdate(name .. ':user:' .. known.user_id, now) end
end

local function take_back(name, ref)
  local key = name .. ref
  if done[key] then return end
  done[key] = true
  redis.call('DEL', deliveries_of(key))
  local task = redis.call('HMGET', task_of(key), 'id', 'state', 'event')
  local entry = redis.call('HMGET', entry_of(key), 'at', 'ma', 'ev')
  if entry[1] then
    if not (soft and entry[2] == ARGV[1]) then count = count + 1 end
    outdate_what_shows(ref, entry[3] or task[3])
    if soft then go_stale(key, now) else redis.call('DEL', entry_of(key)) end
  end
  if not soft then unindex(key) end
  if task[2] == 'failed' then forget_failed_inputs(name, ref) end
  if redis.call('DEL', lease_of(key)) == 1 or task[2] == 'failed' or (task[2] == 'ready' and not soft) then
    forget(key, task[1])
  elseif task[1] then
    -- It has not begun, and what failed before it does not count any more.
    redis.call('HDEL', task_of(key), 'fails', 'fa')
  end
end

for position = 4, #ARGV do
  local name, ref = string.match(ARGV[position], '^([^:]+)(:.*)$')
  take_back(name, ref)
  for _, derived in ipairs(rules.derived[name] or {}) do take_back(derived, ref) end
end
return count
