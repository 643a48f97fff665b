-- Sends the calls of a file one after the other; prints what was measured as one line of JSON.
local calls, place = {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local size = file:read("*n")
    if not size then break end
    file:read(1)
    calls[#calls + 1] = file:read(size)
  end
  file:close()
  place = tonumber(args[2]) % #calls
end

function request()
  place = place % #calls + 1
  return calls[place]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"seconds":%.6f,"calls":%d,"status":%d,"broken":%d,"p50":%.3f,"p90":%.3f,"p99":%.3f,"p99.9":%.3f}\n',
    summary.duration / 1e6, summary.requests, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(90) / 1e3,
    latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end
