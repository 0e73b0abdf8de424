-- Counts reads that a process answered from what it keeps near. ARGV: key, computed at (ms), how many, last (ms), key, ...
-- What has taken the entry's place since was not read by them (see read.lua, which counts the others).
for position = 1, #ARGV, 4 do
  local key, many, last = ARGV[position], ARGV[position + 2], ARGV[position + 3]
  local entry = redis.call('HMGET', entry_of(key), 'at', 'lr')
  if entry[1] == ARGV[position + 1] then
    redis.call('HINCRBY', entry_of(key), 'rd', many)
    if not entry[2] or tonumber(entry[2]) < tonumber(last) then redis.call('HSET', entry_of(key), 'lr', last) end
  end
end
