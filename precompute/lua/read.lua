-- One read: the entry, or what is known of its task; counted in the same round trip.
-- ARGV: key, now (ms), counted (1|0; keep: as 1, but what may be kept near is not), patience drawn for an early refresh (a
-- number, see Cache.read), patient (1: a miss that is on its way is not counted, for its reader waits and reads again),
-- part ('' none; else what is kept under that name takes the place of v).
-- Returns {1, v, at, st, go, et, due (1|0: its refresh is to be started), co (keep it: it was not counted)},
-- {0, id, state, error_code, error}, or {2} where the entry has no such part: nothing was read, and nothing counted.
local key, now, counted = ARGV[1], tonumber(ARGV[2]), ARGV[3] ~= '0'
local name, row = 'pc:e:' .. key, string.match(key, '^[^:]+')
local body = ARGV[6] == '' and 'v' or 'p:' .. ARGV[6]
local entry = redis.call('HMGET', name, body, 'at', 'st', 'go', 'et', 'rd', 'ke', 'co', 'ca', 'pk', 'du', 'fv', 'ea')
-- What a newer version wrote is none of ours: a miss, and left where it is (FORMAT of shared.lua).
local foreign = entry[12] and entry[12] ~= '1' and tonumber(entry[12]) > 1
local stale, task = tonumber(entry[3]), nil
local served = entry[2] and not foreign and (now < stale or now < tonumber(entry[4]))
if not served then
  task = redis.call('HMGET', 'pc:t:' .. key, 'id', 'state', 'error_code', 'error', 'fails', 'attempts')
  -- Kept for errors: served as long as computing it anew has failed and not succeeded since.
  served = entry[2] and not foreign and now < tonumber(entry[7]) and (task[2] == 'failed' or task[5] or task[6])
end
if served then
  if not entry[1] then return { 2 } end
  local due = 0
  -- Early only what has been read before, which is what is hot; and, however dear it is, not before half of its time is
  -- over, as with refreshes that are due (lead_of): it would be computed all the time.
  local early = entry[6] ~= '0' and now + entry[8] * ARGV[4] >= stale and now >= tonumber(entry[13] or 0)
  -- Reads of it are only counted: it is fresh, has been read before, is not parked, and this one does not come early.
  if ARGV[3] == 'keep' and entry[6] ~= '0' and not entry[10] and now < stale and not early then
    return { 1, entry[1], entry[2], entry[3], entry[4], entry[5], 0, entry[8] }
  end
  if counted then
    redis.call('HINCRBY', 'pc:m', (now < stale and 'hit:' or 'stale:') .. row, 1)
    redis.call('HSET', name, 'rd', entry[6] + 1, 'lr', now)
    if entry[6] == '0' and redis.call('HDEL', 'pc:unread', key) == 1 then
      local label = row .. ':' .. (entry[9] ~= '' and entry[9] or 'unknown')
      redis.call('HINCRBY', 'pc:m', 'used:' .. label, 1)
      redis.call('HINCRBY', 'pc:m', 'saved_ms:' .. label, entry[8])
    end
    if entry[10] then
      redis.call('HDEL', name, 'pk')
      redis.call('ZADD', 'pc:due', entry[11], key)
    end
    -- Not what is on its way already.
    if now >= stale or early then
      local state = redis.call('HGET', 'pc:t:' .. key, 'state')
      if state ~= 'waiting' and state ~= 'queued' and state ~= 'running' then due = 1 end
    end
  end
  return { 1, entry[1], entry[2], entry[3], entry[4], entry[5], due }
end
-- shared.lua
local on_its_way = task[2] == 'waiting' or task[2] == 'queued' or task[2] == 'running'
if counted and not (on_its_way and ARGV[5] == '1') then redis.call('HINCRBY', 'pc:m', 'miss:' .. row, 1) end
if not foreign and (not entry[2] or now >= tonumber(entry[7])) then
  -- Evicted, or past its time: the indexes must not name it any longer.
  redis.call('DEL', name)
  unindex(key)
end
return { 0, task[1], task[2], task[3], task[4] }
