-- One revalidation of a subject at a time. ARGV: now (ms), until (ms), then for each subject it as subject:id, how many
-- keys, they. Its keys are due again at until, in case nothing comes of it.
-- Returns for each subject 1, or 0 when another is on its way.
local now, ends = tonumber(ARGV[1]), tonumber(ARGV[2])
local answers, position = {}, 3
while ARGV[position] do
  local ref, first, last = ARGV[position], position + 2, position + 1 + tonumber(ARGV[position + 1])
  local other = redis.call('ZSCORE', 'pc:checks', ref)
  local free = not other or now >= tonumber(other)
  if free then
    redis.call('ZADD', 'pc:checks', ends, ref)
    for place = first, last do
      redis.call('ZADD', 'pc:due', 'XX', ends, ARGV[place])
      redis.call('HINCRBY', 'pc:m', 'refresh:queued:' .. type_of(ARGV[place]), 1)
    end
  end
  answers[#answers + 1] = free and 1 or 0
  position = last + 1
end
return answers
