-- How much may still be computed ahead for some users. ARGV: most, within (ms), then for each user: id, how many are wanted.
-- Returns how many each is allowed; they count as used until the time is over that began with the first.
local most, within = tonumber(ARGV[1]), ARGV[2]
local allowed = {}
for position = 3, #ARGV, 2 do
  local name, wanted = 'pc:ahead:' .. ARGV[position], tonumber(ARGV[position + 1])
  local used = tonumber(redis.call('GET', name) or '0')
  local granted = math.max(0, math.min(wanted, most - used))
  if granted > 0 and redis.call('INCRBY', name, granted) == granted then redis.call('PEXPIRE', name, within) end
  allowed[#allowed + 1] = granted
end
return allowed
