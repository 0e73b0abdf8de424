-- Entries that nobody reads are refreshed no longer, until somebody does (read.lua). ARGV: now (ms), then for each its
-- key and since when it was not read (ms). One that was read meanwhile stays. Returns how many were parked.
local now, count = tonumber(ARGV[1]), 0
for position = 2, #ARGV, 2 do
  local key, since = ARGV[position], tonumber(ARGV[position + 1])
  local entry = redis.call('HMGET', entry_of(key), 'at', 'lr', 'wu')
  local read = tonumber(entry[2] or '0') >= since or tonumber(entry[3] or '0') > now
  if entry[1] and not read then
    redis.call('HSET', entry_of(key), 'pk', 1)
    redis.call('ZREM', 'pc:due', key)
    redis.call('HINCRBY', 'pc:m', 'refresh:parked:' .. type_of(key), 1)
    count = count + 1
  end
end
return count
