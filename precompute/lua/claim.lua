-- One revalidation of a subject at a time. ARGV: now (ms), until (ms), subject as subject:id, key, key, ...
-- Its keys are due again at until, in case nothing comes of it. Returns 1, or 0 when another is on its way.
local now, ends, ref = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local other = redis.call('ZSCORE', 'pc:checks', ref)
if other and now < tonumber(other) then return 0 end
redis.call('ZADD', 'pc:checks', ends, ref)
for position = 4, #ARGV do
  redis.call('ZADD', 'pc:due', 'XX', ends, ARGV[position])
  redis.call('HINCRBY', 'pc:m', 'refresh:queued:' .. type_of(ARGV[position]), 1)
end
return 1
