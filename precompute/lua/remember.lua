-- What users did: put at the ends of their lists, and held against what was predicted of them; all in one round trip.
-- ARGV: now (ms), how long a list is kept (ms), how many actions, how long a prediction waits (ms), how much earlier than
--       the prediction the action may be dated (ms); then for each user: id, time zone or '', how many actions, they.
-- A prediction (pc:f:USER) is JSON: m made at (ms), v version of the model, b the plain guess or null, g {{action, p}, ...}.
local now, kept, most, waits, slack = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
-- The counts of five minutes are kept for the last hour's figures, those of an hour for the last day's and week's.
local grains = { { 300000, 2 * 3600000 }, { 3600000, 8 * 86400000 } }

local function tally(version, counts)
  for _, grain in ipairs(grains) do
    local bucket = 'pc:fb:' .. grain[1] .. ':' .. math.floor(now / grain[1])
    for name, by in pairs(counts) do
      if by ~= 0 then redis.call('HINCRBY', bucket, version .. ':' .. name, by) end
    end
    redis.call('PEXPIRE', bucket, grain[2])
  end
end

local function micro(x) return math.floor(x * 1000000 + 0.5) end

local function score(told, action)
  local counts = { n = 1, brier = 0 }
  local squares, seen = 0, 0
  for place, guess in ipairs(told.g) do
    local right = guess[1] == action and 1 or 0
    seen = seen + right
    squares = squares + (guess[2] - right) ^ 2
    if place <= 3 and right == 1 then counts.top3 = 1 end
    if place == 1 then
      local bin = math.min(math.floor(guess[2] * 10), 9)
      counts.top1, counts['bin' .. bin], counts['told' .. bin], counts['right' .. bin] = right, 1, micro(guess[2]), right
      if guess[2] > 0.5 then counts.sure, counts.sure_right = 1, right end
    end
  end
  counts.brier = micro(squares + (seen == 0 and 1 or 0))
  if told.b == action then counts.plain = 1 end
  tally(told.v, counts)
end

local function follow_up(user, first, last)
  local found = redis.call('GET', 'pc:f:' .. user)
  if not found then return end
  local told = cjson.decode(found)
  for place = first, last do
    local action = cjson.decode(ARGV[place])
    -- An action from before the prediction that is reported only now is not what was predicted; the next one may be.
    if action[2] >= told.m - slack then
      if action[2] <= told.m + waits then score(told, action[3]) end
      redis.call('DEL', 'pc:f:' .. user)
      return
    end
  end
end

local position = 6
while ARGV[position] do
  local user, zone, count = ARGV[position], ARGV[position + 1], tonumber(ARGV[position + 2])
  local first, last = position + 3, position + 2 + count
  if zone ~= '' then redis.call('SET', 'pc:z:' .. user, zone, 'PX', kept) end
  if count > 0 then
    follow_up(user, first, last)
    local list = 'pc:a:' .. user
    redis.call('RPUSH', list, unpack(ARGV, math.max(first, last - most + 1), last))
    redis.call('LTRIM', list, -most, -1)
    redis.call('PEXPIRE', list, kept)
  end
  position = last + 1
end
