-- What results were computed from is another now: they are outdated, and belong to the new input from here on.
-- ARGV: now (ms), fingerprint before, fingerprint now, event now, key, key, ... Entries of yet another input stay as they
-- are: a new upload came in between, and knows more.
local now = tonumber(ARGV[1])
for position = 5, #ARGV do
  local key = ARGV[position]
  if redis.call('HGET', entry_of(key), 'fp') == ARGV[2] then
    redis.call('HSET', entry_of(key), 'fp', ARGV[3], 'ev', ARGV[4])
    outdate(key, now)
  end
end
