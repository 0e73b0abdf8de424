-- An entry holds still: what it was computed from has not changed, so it is as good as computed now.
-- ARGV: key, generation, computed at (ms), source as they were when that was checked, now, ttl, grace, kept, ahead (see
-- set_ages). Returns 1; or 0 when the entry was replaced, invalidated or outdated since: whoever did that knows more.
local key = ARGV[1]
local entry = redis.call('HMGET', entry_of(key), 'gn', 'at', 'sr', 'pk')
if ARGV[4] == '' or entry[1] ~= ARGV[2] or entry[2] ~= ARGV[3] or entry[3] ~= ARGV[4] then return 0 end
set_ages(key, tonumber(ARGV[5]), { ARGV[6], ARGV[7], ARGV[8], ARGV[9] })
-- What only others are computed from stays parked: it is not due by itself.
if entry[4] then redis.call('ZREM', 'pc:due', key) end
redis.call('HINCRBY', 'pc:m', 'refresh:unchanged:' .. type_of(key), 1)
return 1
