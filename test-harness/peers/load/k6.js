// What k6 does in the benchmark of the load engine: as many users as there are connections, each asking
// again at once, every status asserted. Bodies are dropped unread, as by the engine.
import http from "k6/http";
import { check } from "k6";

export const options = {
  vus: Number(__ENV.USERS),
  duration: `${__ENV.SECONDS}s`,
  discardResponseBodies: true,
};

export default function () {
  check(http.get(__ENV.URL), { "status is 200": (answer) => answer.status === 200 });
}

export function handleSummary(data) {
  const { http_reqs, checks } = data.metrics;
  return { stdout: JSON.stringify({ rate: http_reqs.values.rate, failed: checks.values.fails }) };
}
