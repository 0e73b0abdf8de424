-- A step of the course (precompute/course.py). ARGV: at of the look before ('' for none), at of this one, what it saw,
-- the fine step ('' for none), most fine ones, the coarse step ('' for none yet), most coarse ones.
-- Returns 1, or 0 when another process took the step first.
local known = redis.call('HGET', 'pc:course', 'at') or ''
if known ~= ARGV[1] then return 0 end
redis.call('HSET', 'pc:course', 'at', ARGV[2], 'seen', ARGV[3])
local function keep(name, step, most)
  if step == '' then return end
  redis.call('RPUSH', name, step)
  redis.call('LTRIM', name, -tonumber(most), -1)
end
keep('pc:course:fine', ARGV[4], ARGV[5])
keep('pc:course:coarse', ARGV[6], ARGV[7])
if ARGV[4] == '' or ARGV[6] ~= '' then redis.call('HSET', 'pc:course', 'coarse_at', ARGV[2]) end
return 1
