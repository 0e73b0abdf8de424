-- Results that will probably be read soon. ARGV: now (ms), wanted until (ms), then for each its key and the fingerprint of
-- its input or ''. Those that are there are wanted until then: what keeps results fresh must not pass them over.
-- Returns for each: fresh | coming (a task is on its way) | held (served stale; whether it holds still can be found out) |
-- absent.
local now, wanted = tonumber(ARGV[1]), tonumber(ARGV[2])
local found = {}

local function coming(key, fingerprint)
  local task = redis.call('HMGET', task_of(key), 'state', 'fp')
  if fingerprint ~= '' and task[2] ~= fingerprint then return false end
  return task[1] == 'waiting' or task[1] == 'queued'
    or (task[1] == 'running' and redis.call('EXISTS', lease_of(key)) == 1)
end

local function want(key, entry)
  if wanted > tonumber(entry[1] or 0) then redis.call('HSET', entry_of(key), 'wu', wanted) end
  if entry[2] then
    redis.call('HDEL', entry_of(key), 'pk')
    if entry[3] then redis.call('ZADD', 'pc:due', entry[3], key) end
  end
end

for position = 3, #ARGV, 2 do
  local key, fingerprint = ARGV[position], ARGV[position + 1]
  local entry = redis.call('HMGET', entry_of(key), 'wu', 'pk', 'du', 'go', 'sr', 'fp')
  local served = entry[4] and now < tonumber(entry[4]) and (fingerprint == '' or entry[6] == fingerprint)
  if served then want(key, entry) end
  if is_fresh(key, now, fingerprint) then
    found[#found + 1] = 'fresh'
  elseif coming(key, fingerprint) then
    found[#found + 1] = 'coming'
  else
    found[#found + 1] = served and (entry[5] or '') ~= '' and 'held' or 'absent'
  end
end
return found
