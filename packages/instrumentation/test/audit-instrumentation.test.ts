// Specifies `new AuditInstrumentation()` in sdk-node's `instrumentations`, without the register hook.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AuditInstrumentation } from "../src/audit-instrumentation.ts";
import { REGISTER, runApp } from "./kit/app.ts";
import { fixture } from "./kit/fixture.ts";

test("hears requests, spans of the SDK's provider and AI packages; not while it is disabled; clients stay the application's", async (t) => {
  let out = "";
  const keep = (text: string) => {
    out = text;
  };
  const records = await runApp(t, ["http/by-code.js"], {}, { flags: [], out: keep });
  const told = records.map(({ event, attributes: a }) => `${event} ${String(a["audit.target.id"])}`);
  assert.deepEqual(
    told.filter((line) => !/refund|ledger/.test(line)),
    [
      ...["ai.tool_call.started first", "ai.tool_call first", "http.request POST /invoices"],
      ...["ai.tool_call.started third", "ai.tool_call third", "http.request POST /invoices"],
    ],
  );
  assert.ok(told.includes("ai.tool_call refund"), "mcp is patched");
  assert.match(out, /^spans x,x,x$/m, "the application's own processor gets its spans, once");
});

test("beside the register hook it does nothing: each request is one event", async (t) => {
  const records = await runApp(t, ["http/by-code.js"], {}, { flags: [REGISTER] });
  assert.equal(records.filter(({ event }) => event === "http.request").length, 3);
});

test("two of them are one", async (t) => {
  const { audit } = await fixture(t);
  const first = new AuditInstrumentation({ audit: audit() });
  t.after(() => first.disable());
  const second = new AuditInstrumentation({ audit: audit() });
  assert.deepEqual([first.getConfig().enabled, second.getConfig().enabled], [true, false]);
});
