-- Users who just did something, to be looked at by a worker. ARGV: now (ms), most, within (ms), then their ids, whoever did
-- something last at the end. Of more than most the latest are kept.
-- Returns 1 when somebody has to be asked to look: nobody was within that time.
local now = tonumber(ARGV[1])
for position = 4, #ARGV do
  -- The place within the call breaks ties.
  redis.call('ZADD', 'pc:acted', now + (position - 4) / #ARGV, ARGV[position])
end
redis.call('ZREMRANGEBYRANK', 'pc:acted', 0, -1 - ARGV[2])
redis.call('PEXPIRE', 'pc:acted', ARGV[3])
return redis.call('SET', 'pc:acted:asked', 1, 'NX', 'PX', ARGV[3]) and 1 or 0
