-- What the entries of some types weigh (precompute/footprint.py).
-- ARGV: how many entries of each type are weighed, how many places of an index, then the types
-- Answers for each type: how many are indexed, the bytes of the index, and the bytes of each one weighed (-1: evicted)
local answer = {}
for number = 3, #ARGV do
  local index = 'pc:y:' .. ARGV[number]
  local weights = {}
  -- A positive count: as many different ones, or all there are.
  for _, key in ipairs(redis.call('ZRANDMEMBER', index, ARGV[1])) do
    -- Of a dozen fields, one of which outweighs all others, a sample would tell nothing.
    weights[#weights + 1] = redis.call('MEMORY', 'USAGE', entry_of(key), 'SAMPLES', 0) or -1
  end
  local index_bytes = redis.call('MEMORY', 'USAGE', index, 'SAMPLES', ARGV[2]) or 0
  answer[#answer + 1] = { redis.call('ZCARD', index), index_bytes, weights }
end
return answer
