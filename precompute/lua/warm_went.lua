-- How far a slice of a warm-up got. ARGV: token, now, place, due (ms; 0: nothing is left), of, queued, fresh, refused.
-- Returns 0 when the cache was lost, or another slice took over, since it began; then nothing is written.
if redis.call('HGET', 'pc:warm', 'due') ~= ARGV[1] then return 0 end
redis.call('HSET', 'pc:warm', 'place', ARGV[3], 'due', ARGV[4], 'of', ARGV[5])
for position, name in ipairs({ 'queued', 'fresh', 'refused' }) do
  redis.call('HINCRBY', 'pc:warm', name, ARGV[5 + position])
end
if ARGV[4] == '0' then redis.call('HSET', 'pc:warm', 'done', ARGV[2]) end
return 1
