-- The next message for an address (precompute/outbox.py). ARGV: target, now (ms), token, lease (ms), ms a message is worth
-- sending. Returns the message, or nothing while there is none, somebody sends it, or the address rests.
local list, state = 'pc:alerts:to:' .. ARGV[1], 'pc:alerts:at:' .. ARGV[1]
local now = tonumber(ARGV[2])
local known = redis.call('HMGET', state, 'owned_until', 'rests_until')
for _, ends in ipairs({ known[1] or '0', known[2] or '0' }) do
  if now < tonumber(ends) then return false end
end
local message = redis.call('LINDEX', list, 0)
while message and cjson.decode(message).at_ms < now - tonumber(ARGV[5]) do
  redis.call('LPOP', list)
  message = redis.call('LINDEX', list, 0)
end
if not message then return false end
redis.call('HSET', state, 'owner', ARGV[3], 'owned_until', now + tonumber(ARGV[4]))
redis.call('PEXPIRE', state, ARGV[5])
return message
