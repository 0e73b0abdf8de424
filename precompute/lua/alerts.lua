-- How all that is watched stands, and what somebody is told about it, in one step (precompute/alerts.py).
-- ARGV: version that was read ('' for none), version, now (ms), how all stands, most messages kept, ms they are kept,
-- how many targets, they, messages.
-- Returns 1, or 0 when somebody else was first: then nothing is written, and nothing is told twice.
if (redis.call('HGET', 'pc:alerts', 'version') or '') ~= ARGV[1] then return 0 end
redis.call('HSET', 'pc:alerts', 'version', ARGV[2], 'at', ARGV[3], 'standing', ARGV[4])
local first = 8 + tonumber(ARGV[7])
for position = 8, first - 1 do
  local list = 'pc:alerts:to:' .. ARGV[position]
  for message = first, #ARGV do redis.call('RPUSH', list, ARGV[message]) end
  if first <= #ARGV then
    redis.call('LTRIM', list, -tonumber(ARGV[5]), -1)
    redis.call('PEXPIRE', list, ARGV[6])
  end
end
return 1
