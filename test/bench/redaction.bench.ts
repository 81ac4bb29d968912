// redaction.bench.ts: what the redaction of one record costs. Seeded records of about 850 bytes as JSON, ten attributes,
// a body and a resource; nothing to find, one e-mail address, or a tool call in JSON. Run: node test/bench/redaction.bench.ts

import { compilePolicy, defaultPolicy, type RedactionEntry } from "@proofline/redaction";
import { Bench } from "tinybench";

const RECORDS = 1_000; // one record is too short to time alone
const redactor = compilePolicy(defaultPolicy, { key: new Uint8Array(32).fill(7) });

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
}

type Kind = "clean" | "email" | "json";

function record(next: () => number, kind: Kind): { attributes: Map<string, unknown>; body: unknown } {
  const hex = (digits: number): string => Array.from({ length: digits }, () => (next() >>> 28).toString(16)).join("");
  const id = next() % 100_000;
  const attributes = new Map<string, unknown>([
    ["audit.actor.id", kind === "email" ? `user${id}@example.com` : `user-${id}`],
    ["audit.actor.type", "user"],
    ["audit.action", "APPROVE"],
    ["audit.outcome", "success"],
    ["audit.target.id", `invoice:${id}`],
    ["audit.target.type", "invoice"],
    ["audit.source.id", `10.${id % 256}.12.7`],
    ["proofline.workflow.id", `wf-${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`],
    ["http.request.method", "POST"],
    ["url.full", `https://ap.internal.example.com/api/v2/invoices/${id}/approve?page=2&sort=due`],
    ["proofline.input.digest", `sha256:${hex(64)}`],
    ["gen_ai.usage.input_tokens", id % 4096],
  ]);
  const text = `Invoice ${id} over 1,250.00 EUR was approved by the second reviewer after the risk score fell below the limit of 0.35`;
  const call = `{"invoice":${id},"amount":1250.00,"lines":[{"sku":"A-${id}","count":3}],"api_key":"k-${hex(16)}","note":"checked"}`;
  return { attributes, body: kind === "json" ? call : text };
}

/** Makes every string what the decoder makes of it: fresh, flat and seen for the first time. */
function fresh(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}

function decode({ attributes, body }: { attributes: Map<string, unknown>; body: unknown }): {
  attributes: Map<string, unknown>;
  body: unknown;
} {
  const copy = new Map<string, unknown>();
  for (const [key, value] of attributes) copy.set(fresh(key), typeof value === "string" ? fresh(value) : value);
  return { attributes: copy, body: typeof body === "string" ? fresh(body) : body };
}

const bench = new Bench({ time: 1_500, warmupTime: 500 });
let found = 0;
for (const kind of ["clean", "email", "json"] as const) {
  const next = random(1);
  const records = Array.from({ length: RECORDS }, () => decode(record(next, kind)));
  const bytes = records.reduce(
    (sum, { attributes, body }) => sum + JSON.stringify([...attributes]).length + JSON.stringify(body).length,
    0,
  );
  bench.add(`${kind}, ${Math.round(bytes / RECORDS)} bytes`, () => {
    for (const { attributes, body } of records) {
      const out: RedactionEntry[] = [];
      redactor.fields(attributes, "attributes", out);
      redactor.value(body, "body", out);
      found += out.length;
    }
  });
}
await bench.run();
for (const task of bench.tasks) {
  const { result } = task;
  if (result.state !== "completed") throw new Error(`${task.name}: ${result.state}`);
  const perRecord = (result.latency.p50 * 1e6) / RECORDS;
  console.log(
    `${task.name}: ${Math.round(1e9 / perRecord).toLocaleString("en")} records/s, ${Math.round(perRecord)} ns each (median)`,
  );
}
if (found === 0) throw new Error("nothing was found: the records do not measure what they claim");
