// demo.ts: the demo's invoice service, and its workload again and again, against an endpoint that is there already (PROOFLINE_ENDPOINT).
// DEMO_INTERVAL_SECONDS: between two rounds; without it there is one round.

import { setTimeout as sleep } from "node:timers/promises";
import { start } from "../../test/demo/processes.ts";
import { invoices } from "../../test/demo/workload.ts";

const seconds = Number(process.env.DEMO_INTERVAL_SECONDS ?? "0");
const service = await start(
  ["--import", "@proofline/instrumentation/register", "test/demo/service.ts"],
  { OTEL_SERVICE_NAME: "invoice-service" },
  /^listening (\d+)/,
);
const ending = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => ending.abort());
try {
  do {
    const ends = await invoices(`http://127.0.0.1:${service.match[1]}`);
    console.log([...ends].map(([end, count]) => `${count} ${end}`).join(", "));
    if (seconds > 0) await sleep(seconds * 1000, undefined, { signal: ending.signal }).catch(() => undefined);
  } while (seconds > 0 && !ending.signal.aborted);
} finally {
  await service.stop(); // which first delivers what it has
}
