-- wrk's side of tests/load/wrk.py: sends the plan's requests in the plan's order, over and over. PLAN names the file with
-- the plan; SAMPLES, when set, the file that gets a line "kind status microseconds" for every answer that says whose
-- request it answers (X-Request-Id).

local plan = dofile(os.getenv("PLAN"))
local samples_path = os.getenv("SAMPLES")
local at, began, samples = 0, {}, nil

local ffi = require("ffi")
ffi.cdef("typedef struct { long s, ns; } kefu_time; int clock_gettime(int, kefu_time *);")
local time = ffi.new("kefu_time")

local function micros()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.s) * 1e6 + tonumber(time.ns) / 1e3
end

request = function()
  at = at + 1
  local method, path, authorization, body, kind = unpack(plan.requests[plan.order[(at - 1) % #plan.order + 1]], 1, 5)
  local id = plan.label .. "-" .. at
  local headers = {
    ["Authorization"] = authorization, ["Connection"] = "close", ["Content-Type"] = "application/json",
    ["X-Request-Id"] = id,
  }
  if method == "POST" then headers["Idempotency-Key"] = id end
  if samples_path then began[id] = {kind, micros()} end
  return wrk.format(method, path, headers, body or nil)
end

if plan.pause > 0 then
  delay = function() return math.random(0, 2 * plan.pause) end
end

if samples_path then
  response = function(status, headers)
    samples = samples or io.open(samples_path, "w")
    local sent = began[headers["X-Request-Id"]]
    if sent then samples:write(sent[1], " ", status, " ", math.floor(micros() - sent[2]), "\n") end
  end
end

done = function(summary, latency)
  local errors = summary.errors
  io.write("JSON" .. string.format('{"requests":%d,"duration":%d,"errors":%d,"p50":%d,"p95":%d,"p99":%d}\n',
    summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
