-- What users did: put at the ends of their lists and of the log that all processes share, and held against what was
-- predicted of them; all in one round trip.
-- ARGV: now (ms), how long a list is kept (ms), how many actions, how long a prediction waits (ms), how much earlier than
--       the prediction the action may be dated (ms), how many actions the shared log keeps; how many users, and for each:
--       id, time zone or '', what their actions outdate (a key) or ''; then for each action, in the order accepted: the
--       number of its user, it.
-- A prediction (pc:f:USER) is JSON: m made at (ms), v version of the model, b the plain guess or null, g {{action, p}, ...}.
-- An entry of the log (pc:done) is JSON: id, at (ms), action; then, latest first, name and instant of what the user did
-- before, as far as everybody's chains look: three actions, and before them one of each run up to the third run.
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

local function follow_up(user, actions)
  local found = redis.call('GET', 'pc:f:' .. user)
  if not found then return end
  local told = cjson.decode(found)
  for _, packed in ipairs(actions) do
    local action = cjson.decode(packed)
    -- An action from before the prediction that is reported only now is not what was predicted; the next one may be.
    if action[2] >= told.m - slack then
      if action[2] <= told.m + waits then score(told, action[3]) end
      redis.call('DEL', 'pc:f:' .. user)
      return
    end
  end
end

local function runs_in(done)
  local runs = 0
  for place, one in ipairs(done) do
    if place == 1 or one[3] ~= done[place - 1][3] then runs = runs + 1 end
  end
  return runs
end

-- What a user did last, oldest first: mostly a few actions tell, and decoding all of them takes as long as the rest.
local function done_by(user)
  for _, many in ipairs({ 8, most }) do
    local done = redis.call('LRANGE', 'pc:a:' .. user, -many, -1)
    for place, packed in ipairs(done) do done[place] = cjson.decode(packed) end
    if #done < many or many == most or runs_in(done) >= 3 then return done end
  end
end

local function with_tail(action, done)
  local entry, runs, name = { action[1], action[2], action[3] }, 0, nil
  for place = #done, math.max(1, #done - most + 1), -1 do
    local one, back = done[place], #done - place
    if back >= 3 and runs >= 3 then break end
    if one[3] ~= name then runs = runs + 1 end
    if back < 3 or one[3] ~= name then
      entry[#entry + 1], entry[#entry + 2] = one[3], one[2]
    end
    name = one[3]
  end
  return entry
end

-- Its numbers go on without a gap as long as it is there: whoever read it up to one knows what came since, or that some
-- of that is gone.
local born, number
local function note(entry)
  if not number then
    local last = redis.call('XREVRANGE', 'pc:done', '+', '-', 'COUNT', 1)[1]
    born, number = string.match(last and last[1] or ARGV[1] .. '-0', '^(%d+)%-(%d+)$')
  end
  number = string.format('%.0f', number + 1)
  redis.call('XADD', 'pc:done', 'MAXLEN', '~', ARGV[6], born .. '-' .. number, 'd', cjson.encode(entry))
end

local users = {}
local position = 8
for _ = 1, tonumber(ARGV[7]) do
  local user, zone, outdated = ARGV[position], ARGV[position + 1], ARGV[position + 2]
  if zone ~= '' then redis.call('SET', 'pc:z:' .. user, zone, 'PX', kept) end
  users[#users + 1] = { id = user, outdated = outdated, actions = {} }
  position = position + 3
end
while ARGV[position] do
  local user, packed = users[tonumber(ARGV[position])], ARGV[position + 1]
  local action = cjson.decode(packed)
  user.done = user.done or done_by(user.id)
  note(with_tail(action, user.done))
  user.done[#user.done + 1] = action
  user.actions[#user.actions + 1] = packed
  position = position + 2
end
for _, user in ipairs(users) do
  local count = #user.actions
  if count > 0 then
    follow_up(user.id, user.actions)
    local list = 'pc:a:' .. user.id
    redis.call('RPUSH', list, unpack(user.actions, math.max(1, count - most + 1), count))
    redis.call('LTRIM', list, -most, -1)
    redis.call('PEXPIRE', list, kept)
    if user.outdated ~= '' then outdate(user.outdated, now) end
  end
end
