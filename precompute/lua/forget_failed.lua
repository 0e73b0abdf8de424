-- Forgets failures, as if what failed had never been asked for. ARGV: [[key, transient input's key, ...], ...] as JSON: whoever
-- asks next must not be told of an input that only this was asked for.
-- Returns for each 1, or 0 where nothing has failed.
local forgotten = {}

local function forget(key)
  local task = redis.call('HMGET', task_of(key), 'id', 'state')
  if task[2] ~= 'failed' then return 0 end
  unname_failed(key)
  redis.call('ZREM', 'pc:watch', key)
  redis.call('DEL', task_of(key), deliveries_of(key), 'pc:i:' .. task[1])
  tell(key, task[1], 'missing')
  return 1
end

for place, keys in ipairs(cjson.decode(ARGV[1])) do
  forgotten[place] = forget(keys[1])
  for position = 2, forgotten[place] * #keys do forget(keys[position]) end
end
return forgotten
