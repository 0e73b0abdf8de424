-- Takes users who just did something, the latest first. ARGV: now (ms), most, not longer ago than (ms).
-- Returns their ids. With none left, the next who does something has somebody asked again.
local found = redis.call('ZRANGE', 'pc:acted', '+inf', ARGV[1] - ARGV[3], 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[2])
if #found > 0 then redis.call('ZREM', 'pc:acted', unpack(found)) end
if #found < tonumber(ARGV[2]) then redis.call('DEL', 'pc:acted', 'pc:acted:asked') end
return found
