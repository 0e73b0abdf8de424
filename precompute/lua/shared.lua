-- Put in front of every script: the names of keys, and the steps that several scripts share.
-- Layout (all on the cache's server):
--   pc:e:KEY        hash  entry: v value, at computed, st stale from, go gone from (ms), et etag, co cost (ms), gn generation,
--                         fp fingerprint of the input, ca cause, ev event, rd reads, p:NAME parts
--   pc:t:KEY        hash  the latest task for that key: id, state, times, error, deliveries, attempts, owner ...
--                         outdated: something was learned since it began, so its result is stale at once
--   pc:l:KEY        string owner of the running computation; expires unless its worker keeps it alive
--   pc:i:ID         string task id -> KEY
--   pc:y:TYPE       zset  keys of the entries of one type, by the instant they go stale
--   pc:gone         zset  keys of all entries, by the instant they are gone
--   pc:q:QUEUE:TYPE zset  keys of tasks that have not begun, by the instant they were asked for
--   pc:watch        zset  keys of tasks that are not finished, by the instant someone should look after them
--   pc:m            hash  counters
--   pc:a:USER       list  a user's latest actions (precompute/recent.py)
--   pc:z:USER       string a user's time zone, as told at the last login that told one
--   pc:f:USER       string what was predicted of a user last, until an action follows (precompute/follow_up.py)
--   pc:fb:MS:NUMBER hash  how often predictions were right, by model, in one stretch of that many milliseconds
--   pc:n            channel  one message for each change of state
local function entry_of(key) return 'pc:e:' .. key end
local function task_of(key) return 'pc:t:' .. key end
local function lease_of(key) return 'pc:l:' .. key end
local function type_of(key) return string.match(key, '^([^:]+):') end
local function queue_of(queue, key) return 'pc:q:' .. queue .. ':' .. type_of(key) end

local function tell(key, id, state)
  redis.call('PUBLISH', 'pc:n', cjson.encode({ key = key, task_id = id, state = state }))
end

local function unindex(key)
  redis.call('ZREM', 'pc:y:' .. type_of(key), key)
  redis.call('ZREM', 'pc:gone', key)
end

-- An entry is fresh when it is there, not stale, and computed from the same input.
local function is_fresh(key, now, fingerprint)
  local entry = redis.call('HMGET', entry_of(key), 'st', 'fp')
  return entry[1] and now < tonumber(entry[1]) and (fingerprint == '' or entry[2] == fingerprint)
end

local function leave_queue(key)
  local queue = redis.call('HGET', task_of(key), 'queue')
  if queue then redis.call('ZREM', queue_of(queue, key), key) end
end

-- A task is over: nobody needs to look after it, and its record is forgotten after a while.
local function finish(key, keep_ms)
  leave_queue(key)
  redis.call('ZREM', 'pc:watch', key)
  redis.call('DEL', lease_of(key))
  redis.call('PEXPIRE', task_of(key), keep_ms)
end

local function fail(key, id, now, code, message, keep_ms)
  redis.call('HSET', task_of(key), 'state', 'failed', 'error_code', code, 'error', message, 'finished_at', now)
  finish(key, keep_ms)
  redis.call('HINCRBY', 'pc:m', 'failed:' .. type_of(key), 1)
  tell(key, id, 'failed')
end
