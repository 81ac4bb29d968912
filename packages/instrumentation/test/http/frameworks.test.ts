// Specifies what `--import @proofline/instrumentation/register` records of the real frameworks, without a line of audit in the application.

import assert from "node:assert/strict";
import { request } from "node:http";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { lineOf, packageFolder, startChild } from "../kit/child.ts";
import { fixture, until } from "../kit/fixture.ts";
import type { SeenRecord } from "../kit/otlp-receiver.ts";

const REGISTER = "--import=@proofline/instrumentation/register";
const apps = join(packageFolder, "../../test/apps/http");

interface App {
  readonly port: number;
  readonly events: (count: number) => Promise<SeenRecord[]>;
}

async function start(t: TestContext, args: readonly string[], env: Record<string, string> = {}): Promise<App> {
  const { receiver, spool } = await fixture(t);
  const child = startChild(t, {
    args: [REGISTER, join(apps, args[0]!), ...args.slice(1)],
    env: { PROOFLINE_ENDPOINT: receiver.endpoint, PROOFLINE_SPOOL: spool, OTEL_SERVICE_NAME: "app", ...env },
  });
  const port = Number((await lineOf(child, /port (\d+)/))[1]);
  return {
    port,
    events: async (count) => {
      await until(() => receiver.accepted.length >= count);
      return receiver.accepted;
    },
  };
}

interface Call {
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

function post(
  port: number,
  { path, headers = {}, body = "" }: Call,
): Promise<{ status: number; requestId: unknown; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, method: "POST", path, headers, host: "127.0.0.1" }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode!, requestId: response.headers["x-request-id"], body: text }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const json = { "content-type": "application/json" };

const frameworks: readonly { name: string; args: readonly string[] }[] = [
  { name: "Express 5", args: ["express.js", "5"] },
  { name: "Express 4", args: ["express.js", "4"] },
  { name: "Fastify 5", args: ["fastify.js"] },
  { name: "Koa 3", args: ["koa.js"] },
  { name: "Hono 4", args: ["hono.js"] },
  { name: "Nest 12", args: ["nest.js"] },
];

for (const { name, args } of frameworks) {
  test(`${name}: who, which route, which outcome, the redacted body, uploads by metadata, aborted requests; the answers unchanged`, async (t) => {
    const { port, events } = await start(t, args);
    const body = JSON.stringify({ amount: 12, password: "hunter2", mail: "ann@example.com" });
    const answer = await post(port, {
      path: "/invoices/4711?x=1",
      headers: { ...json, "x-user": "ann", "x-request-id": "r-1" },
      body,
    });
    assert.equal(answer.status, 201);
    assert.deepEqual(JSON.parse(answer.body), { id: "4711", got: JSON.parse(body) });
    assert.equal(answer.requestId, "r-1");
    const upload = await post(port, {
      path: "/upload",
      headers: { "content-type": "application/octet-stream" },
      body: Buffer.alloc(100_000, 1),
    });
    assert.deepEqual(JSON.parse(upload.body), { bytes: 100_000 });
    const hanging = request({ port, method: "POST", path: "/hang", host: "127.0.0.1", headers: json });
    hanging.on("error", () => undefined);
    hanging.end("{}", () => setTimeout(() => hanging.destroy(), 50));

    const [created, uploaded, aborted] = (await events(3)).map(({ attributes }) => attributes);
    assert.partialDeepStrictEqual(
      { ...created },
      {
        "audit.actor.id": "ann",
        "audit.actor.type": "user",
        "audit.action": "CREATE",
        "audit.outcome": "success",
        "audit.target.id": "POST /invoices/:id",
        "http.route": "/invoices/:id",
        "url.path": "/invoices/4711",
        "http.response.status_code": 201,
        "http.request.body.size": body.length,
        "http.request.header.x-request-id": ["r-1"],
      },
    );
    const kept = created!["proofline.http.request.body"] as Record<string, unknown>;
    assert.equal(kept.amount, 12);
    assert.equal(kept.password, "***");
    assert.notEqual(kept.mail, "ann@example.com");
    assert.match(String(created!["proofline.request.id"]), /^[0-9A-Z]{26}$/);
    assert.equal(uploaded!["proofline.http.request.body.omitted"], "upload");
    assert.equal(uploaded!["http.request.body.size"], 100_000);
    assert.equal(uploaded!["http.route"], "/upload");
    assert.equal(aborted!["audit.outcome"], "unknown");
    assert.equal(aborted!["url.path"], "/hang");
  });
}

describe("a CommonJS application", () => {
  test("on Koa has its route and its user recorded, too", async (t) => {
    const { port, events } = await start(t, ["koa.cjs"]);
    assert.equal((await post(port, { path: "/invoices/1", headers: { "x-user": "bob" } })).status, 201);
    const [record] = await events(1);
    assert.equal(record!.attributes["http.route"], "/invoices/:id");
    assert.equal(record!.attributes["audit.actor.id"], "bob");
  });
});

describe("settings", () => {
  test("the client's address is the one that a trusted proxy gives", async (t) => {
    const { port, events } = await start(t, ["express.js", "5"], { PROOFLINE_TRUSTED_PROXIES: "loopback,10.0.0.0/8" });
    await post(port, {
      path: "/invoices/1",
      headers: { ...json, "x-forwarded-for": "6.6.6.6, 203.0.113.9, 10.1.2.3" },
      body: "{}",
    });
    const [record] = await events(1);
    assert.equal(record!.attributes["client.address"], "203.0.113.9");
    assert.match(String(record!.attributes["network.peer.address"]), /127\.0\.0\.1/);
  });

  test("an audit context goes to the services that are called, and is believed from trusted callers only", async (t) => {
    const second = async (env: Record<string, string>) => {
      const { port, events } = await start(t, ["chain.js"], { PROOFLINE_SPANS: "none", ...env });
      await post(port, { path: "/first" });
      return (await events(3)).find(({ event }) => event === "second.done")!.attributes;
    };
    const told = await second({ PROOFLINE_PROPAGATE_CONTEXT: "on", PROOFLINE_TRUSTED_CALLERS: "loopback" });
    assert.partialDeepStrictEqual(
      { ...told },
      {
        "audit.actor.id": "ann",
        "proofline.workflow.id": "ap-4711",
        "proofline.tenant": "acme",
      },
    );
    const unsent = await second({ PROOFLINE_TRUSTED_CALLERS: "loopback" });
    assert.equal(unsent["audit.actor.id"], undefined);
    const unbelieved = await second({ PROOFLINE_PROPAGATE_CONTEXT: "on" });
    assert.equal(unbelieved["audit.actor.id"], undefined);
  });

  test("methods and the limit on bodies are the site's", async (t) => {
    const { port, events } = await start(t, ["express.js", "5"], {
      PROOFLINE_HTTP_METHODS: "GET,POST",
      PROOFLINE_HTTP_MAX_BODY_BYTES: "10",
    });
    await post(port, { path: "/invoices/1", headers: json, body: JSON.stringify({ more: "than ten" }) });
    const [record] = await events(1);
    assert.equal(record!.attributes["proofline.http.request.body.omitted"], "too_large");
    assert.equal(record!.attributes["proofline.http.request.body"], undefined);
  });
});
