-- For wrk: the requests of a browser, each with the next one of the cookies in the file that the
-- environment names, and the results as one line of JSON.

local lines = {}
local at = 0
local before, after

function init()
  local cookies = os.getenv("BENCHMARK_COOKIES")
  if cookies then
    for line in io.lines(cookies) do lines[#lines + 1] = line end
  end
  local mark = "COOKIE-GOES-HERE"
  local text = wrk.format("GET", "/", { ["Cookie"] = mark })
  local from, to = text:find(mark, 1, true)
  before = text:sub(1, from - 1) .. os.getenv("BENCHMARK_OTHER_COOKIES")
  after = text:sub(to + 1)
end

function request()
  if #lines == 0 then return before .. after end
  at = at % #lines + 1
  return before .. "; " .. lines[at] .. after
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"failures":%d,"p50":%d,"p99":%d}',
    summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
