-- Walks on along the indexes and the keys of the server, and makes the one agree with the other, since under memory
-- pressure the server drops keys of any kind. ARGV: now, watch (ms), most (looked at), then the names of all indexes.
-- Returns {how many were mended, 1 when the indexes of the entries count differently, and so one of them lost some}.
local now, watch, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local mended = 0

local function count(answer) mended = mended + answer end

local function mend_entry(key)
  local entry = redis.call('HMGET', entry_of(key), 'v', 'st', 'ke', 'du', 'pk', 'rd', 'ca', 'co', 'fv')
  if not is_readable(entry[9]) then return end
  if not entry[1] then
    -- Something was noted of a result that was gone already.
    count(redis.call('DEL', entry_of(key)))
    unindex(key)
    return
  end
  count(redis.call('ZADD', 'pc:y:' .. type_of(key), 'NX', entry[2], key))
  count(redis.call('ZADD', 'pc:gone', 'NX', entry[3], key))
  if entry[4] and not entry[5] then count(redis.call('ZADD', 'pc:due', 'NX', entry[4], key)) end
  if entry[4] and entry[6] == '0' then
    local cause = entry[7] ~= '' and entry[7] or 'unknown'
    count(redis.call('HSETNX', 'pc:unread', key, cause .. ':' .. entry[8]))
  end
end

-- A full index names the latest only.
local function mend_failed(index, key, forgotten_at)
  if redis.call('ZCARD', index) < MOST_FAILED then count(redis.call('ZADD', index, 'NX', forgotten_at, key)) end
end

local function mend_task(key)
  local task = redis.call('HMGET', task_of(key), 'id', 'state', 'queue', 'queued_at', 'error_code')
  local left = redis.call('PTTL', task_of(key))
  local begun = task[2] ~= 'waiting' and task[2] ~= 'queued'
  if task[1] and (not begun or task[2] == 'running') then
    count(redis.call('ZADD', 'pc:watch', 'NX', now + watch, key))
    if not begun then count(redis.call('ZADD', queue_of(task[3], key), 'NX', task[4], key)) end
  elseif left == -1 then
    count(redis.call('DEL', task_of(key)))
  elseif task[2] == 'failed' then
    mend_failed('pc:failed', key, now + left)
    if task[5] == 'set_aside' then mend_failed('pc:aside', key, now + left) end
  end
end

local OF_TASKS = {
  ['pc:watch'] = { waiting = true, queued = true, running = true },
  ['pc:failed'] = { failed = true },
  ['pc:aside'] = { failed = true },
  queue = { waiting = true, queued = true },
}

local function mend_named(index, key)
  local queue = string.match(index, '^pc:q:([^:]+):')
  local states = OF_TASKS[queue and 'queue' or index]
  if states then
    local task = redis.call('HMGET', task_of(key), 'state', 'queue')
    if not states[task[1]] or (queue and task[2] ~= queue) then count(redis.call('ZREM', index, key)) end
  elseif redis.call('EXISTS', entry_of(key)) == 0 then
    count(1)
    unindex(key)
  end
end

-- The next ones of an index, or of all keys where it is ''. Returns where to go on, and how many were looked at.
local function walk(index, cursor)
  local kind = index == '' and 'none' or redis.call('TYPE', index).ok
  if index ~= '' and kind == 'none' then return '0', 1 end
  local answer
  if index == '' then
    answer = redis.call('SCAN', cursor, 'COUNT', 100)
    for _, name in ipairs(answer[2]) do
      local what, key = string.match(name, '^pc:([et]):(.+)$')
      if what == 'e' then mend_entry(key) elseif what == 't' then mend_task(key) end
    end
    return answer[1], 100
  end
  answer = redis.call(kind == 'hash' and 'HSCAN' or 'ZSCAN', index, cursor, 'COUNT', 100)
  for position = 1, #answer[2], 2 do mend_named(index, answer[2][position]) end
  return answer[1], #answer[2] / 2 + 1
end

-- What was just looked at is not what the server drops first.
redis.call('TOUCH', 'pc:m', unpack(ARGV, 4))
local place = redis.call('HMGET', 'pc:patrol', 'at', 'cursor')
local at, cursor = tonumber(place[1]) or 4, place[2] or '0'
local looked, turned = 0, 0
while looked < most and turned < #ARGV - 3 do
  if at > #ARGV then at, cursor = 4, '0' end
  local seen
  cursor, seen = walk(ARGV[at], cursor)
  looked = looked + seen
  if cursor == '0' then at, turned = at + 1, turned + 1 end
end
redis.call('HSET', 'pc:patrol', 'at', at, 'cursor', cursor)
local named = 0
for position = 4, #ARGV do
  if string.sub(ARGV[position], 1, 5) == 'pc:y:' then named = named + redis.call('ZCARD', ARGV[position]) end
end
return { mended, named == redis.call('ZCARD', 'pc:gone') and 0 or 1 }
