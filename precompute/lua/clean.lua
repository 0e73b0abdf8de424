-- Takes entries that are gone (their time is over, or the server evicted them) out of the indexes. ARGV: now, most.
local keys = redis.call('ZRANGE', 'pc:gone', '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, key in ipairs(keys) do
  redis.call('DEL', entry_of(key))
  unindex(key)
end
for _, index in ipairs({ 'pc:failed', 'pc:aside' }) do redis.call('ZREMRANGEBYSCORE', index, '-inf', ARGV[1]) end
return #keys
