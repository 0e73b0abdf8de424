-- What results were computed from is another now: they are outdated, and belong to the new input from here on.
-- ARGV: now (ms), fingerprint before, fingerprint now, event now, then for each its key and when it was computed (ms).
-- What was computed anew meanwhile, or is of another input, stays as it is: whoever did that knows more.
local now = tonumber(ARGV[1])
for position = 5, #ARGV, 2 do
  local key = ARGV[position]
  local entry = redis.call('HMGET', entry_of(key), 'fp', 'at')
  if entry[1] == ARGV[2] and entry[2] == ARGV[position + 1] then
    redis.call('HSET', entry_of(key), 'fp', ARGV[3], 'ev', ARGV[4])
    outdate(key, now)
  end
end
