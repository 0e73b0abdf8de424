-- A revalidation could not be published: its keys are due now. ARGV: now (ms), subject as subject:id, key, key, ...
redis.call('ZREM', 'pc:checks', ARGV[2])
for position = 3, #ARGV do
  redis.call('ZADD', 'pc:due', 'XX', ARGV[1], ARGV[position])
  redis.call('HINCRBY', 'pc:m', 'refresh:queued:' .. type_of(ARGV[position]), -1)
end
