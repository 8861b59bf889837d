-- One wrk thread is one member on one connection, so requests and answers alternate.
local scenario = os.getenv("BENCH")
local course, policy = os.getenv("COURSE"), os.getenv("POLICY")
local paths = { healthz = "/healthz", me = "/api/v1/me", courses = "/api/v1/courses?limit=10" }
local threads = {}
local serial = 0

local function nth(list, n)
  local index = 0
  for item in string.gmatch(list, "[^,]+") do
    if index == n then return item end
    index = index + 1
  end
end

function setup(thread)
  thread:set("number", serial)
  serial = serial + 1
  table.insert(threads, thread)
end

function init(arguments)
  refused = 0
  count = 0
  step = 0
  token = nth(os.getenv("TOKENS"), number)
  if scenario == "journal" or scenario == "bulk" then token = os.getenv("API_KEY") end
  math.randomseed(number + 1)
  name = nth(os.getenv("NAMES"), number)
  run = os.getenv("RUN")
  if paths[scenario] then
    wrk.path = paths[scenario]
    if scenario == "me" then wrk.headers["Authorization"] = "Bearer " .. token end
  end
end

local function api(method, path, body, key)
  local headers = { ["Authorization"] = "Bearer " .. token }
  if body then headers["Content-Type"] = "application/json" end
  if key then headers["Idempotency-Key"] = key end
  return wrk.format(method, "/api/v1" .. path, headers, body)
end

local function order()
  count = count + 1
  local body = string.format(
    '{"quoteId":"%s","expectedTotal":100,"gateway":null,"channel":null}', quote)
  return api("POST", "/orders", body, run .. "-" .. number .. "-" .. count)
end

-- wrk asks for one request more than it sends, so only an answer leads to the next step.
local function cycle(...)
  local steps = { ... }
  return steps[step % #steps + 1]()
end

local function quoteNow()
  return api("POST", "/quotes", string.format(
    '{"lines":[{"courseId":"%s","policyId":"%s"}],"walletAmount":100}', course, policy))
end

local function fillCart()
  return api("PUT", "/cart/items/" .. course, string.format('{"policyId":"%s"}', policy))
end

local function quoteCart()
  return api("POST", "/quotes", string.format(
    '{"lines":[{"courseId":"%s"}],"walletAmount":100}', course))
end

-- One transfer between two of the accounts; what they hold has no floor.
local function transfer()
  local accounts = tonumber(os.getenv("ACCOUNTS"))
  local from = math.random(0, accounts - 1)
  local to = (from + math.random(1, accounts - 1)) % accounts
  count = count + 1
  return string.format(
    '{"kind":"bench","reference":"%s-%d-%d","transfers":[{"debit":"ext:bench:%d","credit":"ext:bench:%d","amount":%d}]}',
    run, number, count, from, to, math.random(1, 9999))
end

local function journal()
  return api("POST", "/admin/ledger/journals", transfer(), run .. "-" .. number .. "-j" .. count)
end

local function bulk()
  local batch = {}
  for n = 1, 50 do batch[n] = transfer() end
  return api("POST", "/admin/ledger/journals", '{"batch":[' .. table.concat(batch, ",") .. "]}",
    run .. "-" .. number .. "-b" .. count)
end

-- What a shop does all day: much is read, some is bought, the books are written.
local function mixed()
  if quote and fresh then
    fresh = false
    return order()
  end
  local draw = math.random(100)
  if draw <= 30 then return api("GET", "/me") end
  if draw <= 55 then return api("GET", "/courses?limit=10") end
  if draw <= 65 then return api("GET", "/wallet/entries?limit=20") end
  if draw <= 70 then return api("GET", "/orders?limit=10") end
  if draw <= 75 then return fillCart() end
  if draw <= 90 then
    fresh = draw > 80  -- an order follows
    return quoteNow()
  end
  local own = token
  token = os.getenv("API_KEY")
  local request = journal()
  token = own
  return request
end

local function ask()
  if scenario == "mixed" then return mixed() end
  if scenario == "journal" then return journal() end
  if scenario == "bulk" then return bulk() end
  if scenario == "quote" then return quoteNow() end
  if scenario == "order" then return cycle(quoteNow, order) end
  if scenario == "check-out" then return cycle(fillCart, quoteCart, order) end
  return wrk.format("POST", "/api/v1/sessions", { ["Content-Type"] = "application/json" },
    string.format('{"login":"%s","password":"%s"}', name, os.getenv("PASSWORD")))
end

local function heed(status, headers, body)
  if status >= 300 then
    refused = refused + 1
    if refused == 1 then io.stderr:write(status .. " " .. body .. "\n") end
  end
  step = step + 1
  if status == 201 then quote = string.match(body, '"id":"(quo_[^"]+)"') or quote end
end

-- Milliseconds to wait before each request, on average: for a load below what is possible.
local pause = tonumber(os.getenv("PAUSE") or "0")
if pause > 0 then
  function delay() return math.random(0, math.floor(2 * pause)) end
end

-- What is asked the same way each time is made once; Lua is on the same processors as the server.
if not paths[scenario] then
  request = ask
  response = heed
end

function done(summary, latency, requests)
  local total = 0
  for _, thread in ipairs(threads) do total = total + thread:get("refused") end
  total = math.max(total, summary.errors.status) + summary.errors.connect + summary.errors.read
    + summary.errors.write + summary.errors.timeout
  print("refused=" .. total)
end
