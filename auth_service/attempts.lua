-- One try, of all its budgets or of none: what domain/attempts.py says, in one step within Redis.
-- KEYS    the budgets' keys
-- ARGV    'take', or 'merge' to only bring the keys up to what MongoDB has; now, first delay, longest delay (ms); then of
--         each budget: free, window (ms), and the tally that MongoDB has (began, count, open_at; began 0 where it has none,
--         '' where it wasn't asked). Where both have one, the later counts.
-- Returns {'ask'}                            a key is missing here and MongoDB wasn't asked
--         {'merged', ahead}                1 where MongoDB knew of more, else 0
--         {'wait', index, ms}                the budget with the longest wait; nothing was counted
--         {'go', began, count, open_at, ...} let through and counted: the new tallies
local now, first, longest = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local WIDTH, tallies, ahead = 5, {}, 0

local function number(index, offset) return tonumber(ARGV[4 + (index - 1) * WIDTH + offset]) end

local function later(one, other)
  return one.began > other.began or (one.began == other.began and one.count > other.count)
end

local function keep(index, tally)
  redis.call('HSET', KEYS[index], 'began', tally.began, 'count', tally.count, 'open_at', tally.open_at)
  redis.call('PEXPIRE', KEYS[index], math.max(1, math.max(tally.began + number(index, 2), tally.open_at) - now))
end

for index, key in ipairs(KEYS) do
  local found, kept, tally = redis.call('HMGET', key, 'began', 'count', 'open_at'), nil, nil
  if found[1] then
    tally = {began = tonumber(found[1]), count = tonumber(found[2]), open_at = tonumber(found[3])}
  end
  if number(index, 3) then
    kept = {began = number(index, 3), count = number(index, 4), open_at = number(index, 5)}
  end
  if not tally or (kept and later(kept, tally)) then tally, ahead = kept, 1 end
  if not tally then return {'ask'} end
  if now >= math.max(tally.began + number(index, 2), tally.open_at) then
    tally = {began = now, count = 0, open_at = 0}
  end
  tallies[index] = tally
end

if ARGV[1] == 'merge' then
  for index, tally in ipairs(tallies) do keep(index, tally) end
  return {'merged', ahead}
end

local slowest, wait = 0, 0
for index, tally in ipairs(tallies) do
  if tally.open_at - now > wait then slowest, wait = index, tally.open_at - now end
end
if wait > 0 then
  for index, tally in ipairs(tallies) do
    if tally.count > 0 then keep(index, tally) end -- a window doesn't begin with a try that counts nothing
  end
  return {'wait', slowest, wait}
end

local answer = {'go'}
for index, tally in ipairs(tallies) do
  tally.count = tally.count + 1
  local over, delay = tally.count - number(index, 1), 0
  if over >= 0 then delay = math.min(first * 2 ^ math.min(over, 30), longest) end
  tally.open_at = now + delay
  keep(index, tally)
  for _, value in ipairs({tally.began, tally.count, tally.open_at}) do table.insert(answer, value) end
end
return answer
