-- Put in front of every script, or where it says `-- shared.lua`: the names of keys, and the steps that several scripts
-- share.
-- Layout (all on the cache's server):
--   pc:e:KEY        hash  entry: v value, at computed, st stale from (ms; 0: by every clock, for it was made stale, at
--                         the instant ma), go served until, ke kept for errors until (ms), du
--                         refresh due (not of transient rows), et etag, co cost (ms; precompute/waiting.py), gn
--                         generation, fp fingerprint of the input, sr token of the sources ('' unknown, or outdated
--                         since), ca cause, ev event, rd reads, lr last read (ms), wu a prediction says it will be read
--                         until then (ms), ea a read may be early from then on (ms), pk 1: not read lately, so not
--                         refreshed until it is read; fv format of the entry, 1 where it is not set; p:NAME parts
--   pc:p:KEY:OWNER  hash  parts of a result that is about to be stored, sent ahead of it
--   pc:t:KEY        hash  the latest task for that key: id, state, times, error, deliveries, attempts, owner ...
--                         outdated: something was learned since it began, so its result is stale at once
--                         ex: not begun by then (ms), it is dropped; aside 1: it ended its workers; put_off 1: it has begun, and
--                         waits for what somebody else makes; undo: the record of the
--                         failure before it, until it begins; fails: computations of the same input that failed since the
--                         last that did not, fa when the last of them did, error_code and error why
--   pc:l:KEY        string owner of the running computation; expires unless its worker keeps it alive
--   pc:d:KEY        hash  fp fingerprint of an input, n how often a worker took up computing from it and was not heard of again
--   pc:i:ID         string task id -> KEY
--   pc:y:TYPE       zset  keys of the entries of one type, by the instant they go stale
--   pc:gone         zset  keys of all entries, by the instant they are gone (ke)
--   pc:due          zset  keys of all entries that are to be refreshed, by the instant that is due (du)
--   pc:checks       zset  subjects whose entries somebody is finding out about, by the instant that is given up
--   pc:unread       hash  keys of entries that nobody has read yet -> CAUSE:COST (ms)
--   pc:q:QUEUE:TYPE zset  keys of tasks that have not begun, by the instant they were asked for
--   pc:watch        zset  keys of tasks that are not finished, by the instant someone should look after them
--   pc:failed       zset  keys of the latest tasks that have failed, by the instant their record is forgotten
--   pc:aside        zset  those of them that failed because they, or what they need, ended their workers
--   pc:m            hash  counters; warm_seen the last time that a sweep looked whether the cache is there (ms)
--   pc:m:http       hash  HTTP requests by route, method, kind of answer and class of duration (api/exposition/requests.py)
--   pc:processes    hash  what processes take of their machines, as JSON, by name (precompute/processes.py)
--   pc:warm         hash  how far the warm-up is that begins by itself when this key is gone with pc:m (precompute/warmth.py)
--   pc:u:USER       hash  a user's last login, video and campaign: kind of subject -> event (precompute/needs.py)
--   pc:ahead:USER   string how many results were computed ahead for a user within the hour (allow.lua)
--   pc:acted        zset  users whom a worker is to look at, by when they did something (ms); pc:acted:asked: one was asked
--   pc:m:forgotten  hash  how much of a counter admission has forgotten (precompute/usefulness.py)
--   pc:a:USER       list  a user's latest actions (precompute/recent.py)
--   pc:done         stream everybody's actions, numbered without a gap (precompute/chronicle.py)
--   pc:everybody:VERSION  string what everybody's chains learned since that model was trained (models/population_copy.py);
--                         with :made at its end: a process has made one lately
--   pc:morning      string who is expected in the morning, as JSON (precompute/mornings.py)
--   pc:z:USER       string a user's time zone, as told at the last login that told one
--   pc:f:USER       string what was predicted of a user last, until an action follows (precompute/follow_up.py)
--   pc:fb:MS:NUMBER hash  how often predictions were right, by model, in one stretch of that many milliseconds
--   pc:workers      hash  the latest report of each worker as JSON (precompute/measures.py)
--   pc:latest       list  the latest 100 results stored, newest first (precompute/latest.py)
--   pc:footprint    string memory by task type as JSON, for some seconds (precompute/footprint.py)
--   pc:patrol       hash  where mend.lua goes on
--   pc:alerts       hash  what is wrong, by name and labels (precompute/alerts.py); pc:alerts:to:ADDRESS list  messages to send,
--                         pc:alerts:at:ADDRESS hash  who sends and when (precompute/outbox.py)
--   pc:course       hash  the last counts taken down; pc:course:fine, pc:course:coarse lists  samples (precompute/course.py)
--   pc:limit*       string requests of a caller within a window (Flask-Limiter, api/limits.py)
-- On the broker's server, or here where that is no Redis: pc:facts* (precompute/stream.py), pc:cb:* (precompute/callbacks.py),
-- pc:beat:* (RedBeat).
--   pc:n            channel  one message for each change of state
--   pc:near         channel  asks processes whether they have heard of all changes; pc:near:TOKEN list  their answers
local function entry_of(key) return 'pc:e:' .. key end
local function task_of(key) return 'pc:t:' .. key end
local function lease_of(key) return 'pc:l:' .. key end
local function deliveries_of(key) return 'pc:d:' .. key end

-- Entries of a newer format were written by a newer version of this service, as there is beside an older one during an
-- upgrade: they are left alone, and count as if they were not there (precompute/entry.py says the same).
local FORMAT = 1
local function is_readable(format) return not format or tonumber(format) <= FORMAT end

local function type_of(key) return string.match(key, '^([^:]+):') end
local function queue_of(queue, key) return 'pc:q:' .. queue .. ':' .. type_of(key) end

local function tell(key, id, state)
  redis.call('PUBLISH', 'pc:n', cjson.encode({ key = key, task_id = id, state = state }))
end

-- A duration is counted: four classes to each doubling, for percentiles (precompute/measures.py).
local function count_class(counter, ms)
  local class = math.min(math.floor(4 * math.log(math.max(tonumber(ms), 1)) / math.log(2)), 100)
  redis.call('HINCRBY', 'pc:m', counter .. ':' .. class, 1)
end

-- An entry goes, or is replaced: if nobody has read it, it was computed for nothing.
local function settle(key)
  local unread = redis.call('HGET', 'pc:unread', key)
  if not unread then return end
  redis.call('HDEL', 'pc:unread', key)
  local cause, cost = string.match(unread, '^(.*):(%d+)$')
  local label = type_of(key) .. ':' .. cause
  redis.call('HINCRBY', 'pc:m', 'unused:' .. label, 1)
  redis.call('HINCRBY', 'pc:m', 'wasted_ms:' .. label, cost)
end

-- Whatever takes an entry away, or finds it gone, calls this.
local function unindex(key)
  redis.call('ZREM', 'pc:y:' .. type_of(key), key)
  redis.call('ZREM', 'pc:gone', key)
  redis.call('ZREM', 'pc:due', key)
  settle(key)
end

-- The ages of an entry that counts as computed now: ttl, grace, kept, ahead (all ms; ahead -1: nothing is to refresh it).
-- With outdated it is stale from the start, as after go_stale. Returns the ms until it is gone.
local function set_ages(key, now, ages, outdated)
  local ttl, grace, kept, ahead = tonumber(ages[1]), tonumber(ages[2]), tonumber(ages[3]), tonumber(ages[4])
  local stale, total = outdated and 0 or now + ttl, ttl + grace + kept
  local due = outdated and now or stale - ahead
  local ages_then = { 'st', stale, 'go', now + ttl + grace, 'ke', now + total, 'ea', now + ttl / 2 }
  if ahead >= 0 then ages_then[9], ages_then[10] = 'du', due end
  redis.call('HSET', entry_of(key), unpack(ages_then))
  if outdated then redis.call('HSET', entry_of(key), 'ma', now) end
  redis.call('PEXPIRE', entry_of(key), total)
  redis.call('ZADD', 'pc:y:' .. type_of(key), stale, key)
  redis.call('ZADD', 'pc:gone', now + total, key)
  if ahead >= 0 then redis.call('ZADD', 'pc:due', due, key) end
  return total
end

-- An entry that is there goes stale now; its refresh is due, unless it is parked. That its sources have not changed is no
-- reason to keep it any more: whoever refreshes it computes it anew. Stale by every clock, not from now on: readers go by
-- their own idea of the server's clock, which may be some milliseconds behind that of whoever wants it stale.
local function go_stale(key, now)
  redis.call('HSET', entry_of(key), 'st', 0, 'ma', now, 'sr', '')
  redis.call('ZADD', 'pc:y:' .. type_of(key), 0, key)
  local entry = redis.call('HMGET', entry_of(key), 'du', 'pk')
  if entry[1] and now < tonumber(entry[1]) then
    redis.call('HSET', entry_of(key), 'du', now)
    if not entry[2] then redis.call('ZADD', 'pc:due', now, key) end
  end
end

-- What was just learned makes a result outdated: its entry goes stale, and what is being computed goes stale when it is
-- stored, since it may have looked before. No computation loses its lease.
local function outdate(key, now)
  local stale = tonumber(redis.call('HGET', entry_of(key), 'st'))
  if stale and stale > 0 then go_stale(key, math.min(now, stale)) elseif stale then redis.call('HSET', entry_of(key), 'sr', '') end
  if redis.call('EXISTS', lease_of(key)) == 1 and redis.call('HEXISTS', task_of(key), 'id') == 1 then
    redis.call('HSET', task_of(key), 'outdated', 1)
  end
end

-- An entry is fresh when it is there, not stale, and computed from the same input.
local function is_fresh(key, now, fingerprint)
  local entry = redis.call('HMGET', entry_of(key), 'st', 'fp', 'fv')
  return entry[1] and is_readable(entry[3]) and now < tonumber(entry[1]) and (fingerprint == '' or entry[2] == fingerprint)
end

local function leave_queue(key)
  local queue = redis.call('HGET', task_of(key), 'queue')
  if queue then redis.call('ZREM', queue_of(queue, key), key) end
end

local MOST_FAILED = 10000

-- A failed task is named among those that operators look at; of too many the latest are.
local function name_failed(key, code, forgotten_at)
  for _, index in ipairs(code == 'set_aside' and { 'pc:failed', 'pc:aside' } or { 'pc:failed' }) do
    redis.call('ZADD', index, forgotten_at, key)
    redis.call('ZREMRANGEBYRANK', index, 0, -1 - MOST_FAILED)
  end
end

local function unname_failed(key)
  redis.call('ZREM', 'pc:failed', key)
  redis.call('ZREM', 'pc:aside', key)
end

-- A task is over: nobody needs to look after it, and its record is forgotten after a while. What has begun has left its
-- queue.
local function finish(key, keep_ms, begun)
  if not begun then leave_queue(key) end
  redis.call('ZREM', 'pc:watch', key)
  unname_failed(key)
  redis.call('DEL', lease_of(key))
  redis.call('PEXPIRE', task_of(key), keep_ms)
end

-- With deliveries it is an input that ended its workers so often.
local function fail(key, id, now, code, message, keep_ms, deliveries)
  if deliveries then redis.call('HSET', task_of(key), 'deliveries', deliveries) end
  redis.call('HSET', task_of(key), 'state', 'failed', 'error_code', code, 'error', message, 'finished_at', now, 'fa', now)
  redis.call('HINCRBY', task_of(key), 'fails', 1)
  finish(key, keep_ms)
  redis.call('DEL', deliveries_of(key))
  name_failed(key, code, now + keep_ms)
  redis.call('HINCRBY', 'pc:m', 'failed:' .. type_of(key), 1)
  tell(key, id, 'failed')
end

-- A task waited longer than it is worth: as if it had not been asked for. What failed before it has still failed.
local function expire(key, id, now)
  local failed_at, code = unpack(redis.call('HMGET', task_of(key), 'fa', 'error_code'))
  local keep_ms = 86400000
  finish(key, keep_ms)
  redis.call('DEL', 'pc:i:' .. id)
  if failed_at then
    redis.call('HDEL', task_of(key), 'ex')
    redis.call('HSET', task_of(key), 'state', 'failed', 'finished_at', failed_at)
    name_failed(key, code, now + keep_ms)
  else
    redis.call('DEL', task_of(key))
  end
  redis.call('HINCRBY', 'pc:m', 'expired:' .. type_of(key), 1)
  tell(key, id, failed_at and 'failed' or 'missing')
end
