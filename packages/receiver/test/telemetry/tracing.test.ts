import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { auditRecord, request, toJson } from "../support/otlp.ts";
import { startTestReceiver } from "../support/receiver.ts";

interface Exported {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

test("its own spans are sent when they are asked for: children of the sender's, with route and status, and no record", async (t) => {
  const bodies: string[] = [];
  const store = createServer((incoming, response) => {
    let body = "";
    incoming.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    incoming.on("end", () => {
      bodies.push(body);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => store.listen(0, "127.0.0.1", resolve));
  t.after(() => store.close());
  const url = `http://127.0.0.1:${(store.address() as AddressInfo).port}/v1/traces`;
  const r = await startTestReceiver(t, { settings: { "traces.url": url } });
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const { http } = r.receiver;
  const answer = await fetch(`http://${http.host}:${http.port}/v1/logs`, {
    method: "POST",
    headers: { "content-type": "application/json", traceparent },
    body: new Uint8Array(toJson(request(auditRecord("a")))),
  });
  assert.equal(answer.status, 200);
  await r.receiver.stop();
  const spans = bodies.flatMap((body) => {
    const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Exported[] }[] }[] };
    return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  });
  const span = spans.find(({ name }) => name === "POST /v1/logs")!;
  assert.equal(span.traceId, "0af7651916cd43dd8448eb211c80319c");
  assert.equal(span.parentSpanId, "b7ad6b7169203331");
  const attributes = Object.fromEntries(span.attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
  assert.equal(attributes["http.response.status_code"], 200);
  assert.ok(!bodies.join("").includes("audit.actor"));
});
