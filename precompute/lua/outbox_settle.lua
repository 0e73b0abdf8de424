-- What became of a message (precompute/outbox.py). ARGV: target, token, 1 if it was sent, now, first rest, longest rest (ms),
-- the message. It may have been dropped meanwhile, as the oldest of too many: then the next one stays.
-- Whoever lost the lease meanwhile changes nothing: another has sent the message, or will.
local list, state = 'pc:alerts:to:' .. ARGV[1], 'pc:alerts:at:' .. ARGV[1]
if redis.call('HGET', state, 'owner') ~= ARGV[2] then return 0 end
redis.call('HDEL', state, 'owner', 'owned_until')
if ARGV[3] == '1' then
  if redis.call('LINDEX', list, 0) == ARGV[7] then redis.call('LPOP', list) end
  redis.call('HDEL', state, 'failures', 'rests_until')
else
  local failures = redis.call('HINCRBY', state, 'failures', 1)
  local rest = math.min(tonumber(ARGV[5]) * 2 ^ (math.min(failures, 20) - 1), tonumber(ARGV[6]))
  redis.call('HSET', state, 'rests_until', string.format('%.0f', tonumber(ARGV[4]) + rest))
end
return 1
