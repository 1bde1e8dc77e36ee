// The Redis ledger's script. It does what the memory ledger does, by the server's wall clock: one that steps back by more
// than a minute begins that minute anew. Fields of an account's hash: `s:<second>` tokens charged then, `d` and `t` the day
// and its tokens, `n:<node>` "<calls>:<when they end, ms>".

import { BLOCK_MS, CALLS_MS } from "../../ports/index.ts";

const SECONDS = 61 + BLOCK_MS / 1000;

/**
 * ARGV[1]: JSON of `node`, `reports`, `asks`, without keys; or of `usage`. KEYS: of the reports, then of the asks.
 * Answers in numbers as text, since Lua's would lose digits: `1, second, lifeMs`, then `tokens, calls or -1, day` of each
 * ask; or `0, index of the ask, limit, retryAfterMs`; or `minute, day, calls`.
 */
export const ledgerScript = `
local DAY_S, SECONDS, BLOCK_MS, CALLS_MS, MOST = 86400, ${SECONDS}, ${BLOCK_MS}, ${CALLS_MS}, 9007199254740991
local call = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local second = tonumber(time[1])
local nowMs = second * 1000 + math.floor(tonumber(time[2]) / 1000)
local today = math.floor(second / DAY_S)
local accounts = {}

local function text(number) return string.format('%.0f', number) end

local function put(account, field, value)
  table.insert(account.changes, field)
  table.insert(account.changes, value)
end

local function open(key)
  if accounts[key] then return accounts[key] end
  local account = { minute = 0, bySecond = {}, day = today, tokens = 0, held = 0, calls = {}, changes = {}, over = {} }
  accounts[key] = account
  local fields = redis.call('HGETALL', key)
  local day, tokens = today, 0
  for at = 1, #fields, 2 do
    local field, value = fields[at], fields[at + 1]
    local kind, name = string.sub(field, 1, 1), string.sub(field, 3)
    if kind == 'd' then day = tonumber(value)
    elseif kind == 't' then tokens = tonumber(value)
    elseif kind == 's' then
      local age = second - tonumber(name)
      if age < SECONDS and age > -SECONDS then
        account.bySecond[name] = tonumber(value)
        account.minute = account.minute + tonumber(value)
      else table.insert(account.over, field) end
    else
      local count, ends = string.match(value, '^(%d+):(%d+)$')
      ends = tonumber(ends)
      if ends > nowMs and ends <= nowMs + CALLS_MS then
        account.calls[name] = tonumber(count)
        account.held = account.held + tonumber(count)
      else table.insert(account.over, field) end
    end
  end
  if day >= today then account.tokens = tokens end
  if day == today + 1 then account.day = day end
  return account
end

local function charge(account, tokens)
  if tokens == 0 then return end
  local name = text(second)
  account.bySecond[name] = (account.bySecond[name] or 0) + tokens
  account.minute = account.minute + tokens
  account.tokens = account.tokens + tokens
  put(account, 's:' .. name, text(account.bySecond[name]))
end

local function hold(account, count)
  local field = 'n:' .. call.node
  account.held = account.held - (account.calls[call.node] or 0) + count
  account.calls[call.node] = count
  put(account, field, text(count) .. ':' .. text(nowMs + CALLS_MS))
end

local function take(account, report)
  for _, back in ipairs(report.back or {}) do
    local name = text(back.second)
    local charged = account.bySecond[name]
    if charged then
      local less = math.min(charged, back.tokens)
      account.bySecond[name] = charged - less
      account.minute = account.minute - less
      put(account, 's:' .. name, text(charged - less))
    end
    if back.day == account.day then account.tokens = math.max(0, account.tokens - back.tokens) end
  end
  if report.owed then charge(account, report.owed) end
  if report.calls then hold(account, report.calls) end
end

local function callRoom(account, ask)
  if not ask.calls then return 0 end
  if not ask.concurrent then return MOST end
  return ask.concurrent - ask.calls.least - (account.held - (account.calls[call.node] or 0))
end

local function minuteWait(account, missing)
  for age = SECONDS - 1, 1 - SECONDS, -1 do
    missing = missing - (account.bySecond[text(second - age)] or 0)
    if missing <= 0 then return (second - age + SECONDS) * 1000 - nowMs end
  end
  return SECONDS * 1000
end

local function lacks(account, ask)
  if callRoom(account, ask) < 0 then return 0, 0 end
  local least = ask.tokens.least
  if ask.tokensPerDay and account.tokens + least > ask.tokensPerDay then
    return 1, (account.day + 1) * DAY_S * 1000 - nowMs
  end
  local missing = ask.tokensPerMinute and account.minute + least - ask.tokensPerMinute or 0
  if missing > 0 then return 2, minuteWait(account, missing) end
end

local function part(least, most, room) return math.max(least, math.min(most, math.floor(room / 8))) end

local function grant(account, ask)
  local room = math.min(ask.tokensPerMinute and ask.tokensPerMinute - account.minute or MOST,
    ask.tokensPerDay and ask.tokensPerDay - account.tokens or MOST)
  local tokens, calls = part(ask.tokens.least, ask.tokens.most, room), -1
  charge(account, tokens)
  if ask.calls then
    calls = ask.calls.least + part(0, ask.calls.most - ask.calls.least, callRoom(account, ask))
    hold(account, calls)
  end
  return tokens, calls
end

local function save()
  for key, account in pairs(accounts) do
    if #account.over > 0 then redis.call('HDEL', key, unpack(account.over)) end
    put(account, 'd', text(account.day))
    put(account, 't', text(account.tokens))
    redis.call('HSET', key, unpack(account.changes))
    redis.call('EXPIRE', key, (account.day + 1) * DAY_S - second + SECONDS)
  end
end

if call.usage then
  local account = open(KEYS[1])
  return { text(account.minute), text(account.tokens), text(account.held) }
end

for at, report in ipairs(call.reports) do
  take(open(KEYS[at]), report)
end
local asked = {}
for at, ask in ipairs(call.asks) do
  asked[at] = open(KEYS[#call.reports + at])
  local limit, waitMs = lacks(asked[at], ask)
  if limit then
    save()
    return { '0', text(at - 1), text(limit), text(waitMs) }
  end
end
local lifeMs = math.max(0, math.min(BLOCK_MS, (today + 1) * DAY_S * 1000 - nowMs))
local answer = { '1', text(second), text(lifeMs) }
for at, ask in ipairs(call.asks) do
  local tokens, calls = grant(asked[at], ask)
  table.insert(answer, text(tokens))
  table.insert(answer, text(calls))
  table.insert(answer, text(asked[at].day))
end
save()
return answer
`;
