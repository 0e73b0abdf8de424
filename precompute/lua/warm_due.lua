-- Whether the cache has to be warmed up, or a warm-up has to go on; asked by the sweep every few seconds.
-- ARGV: now, patience (ms for which one slice is left alone), memory (ms). Returns a token for the slice, or 0.
-- Two keys tell that the cache is the one that was there: with both gone it was lost, with one the other was evicted.
local now, patience, memory = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local seen = tonumber(redis.call('HGET', 'pc:m', 'warm_seen') or '0')
redis.call('HSET', 'pc:m', 'warm_seen', now)
local state = redis.call('HMGET', 'pc:warm', 'due', 'done')
if not state[1] then
  if now - seen < memory then
    redis.call('HSET', 'pc:warm', 'due', now, 'done', now)
  else
    redis.call('HSET', 'pc:warm', 'began', now, 'due', now + patience, 'place', 0)
    state = { true, false }
  end
  redis.call('PEXPIRE', 'pc:warm', memory)
  return state[1] and now + patience or 0
end
redis.call('PEXPIRE', 'pc:warm', memory)
if state[2] or now < tonumber(state[1]) then return 0 end
redis.call('HSET', 'pc:warm', 'due', now + patience)
return now + patience
