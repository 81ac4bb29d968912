// Specifies `--import @proofline/instrumentation/register`, in a child process with a plain HTTP app.
import assert from "node:assert/strict";
import { request } from "node:http";
import { describe, type TestContext, test } from "node:test";
import { tooOld } from "../src/node-version.ts";
import { type Child, lineOf, startChild } from "./kit/child.ts";
import { type Fixture, fixture, until } from "./kit/fixture.ts";
import type { SeenRecord } from "./kit/otlp-receiver.ts";

const REGISTER = "--import=@proofline/instrumentation/register";
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

interface App extends Fixture {
  readonly child: Child;
  readonly port: number;
  readonly events: (count: number) => Promise<SeenRecord[]>;
}

async function app(t: TestContext, env: Record<string, string> = {}): Promise<App> {
  const base = await fixture(t);
  const child = startChild(t, {
    args: [REGISTER, "test/apps/http-app.ts"],
    env: { PROOFLINE_ENDPOINT: base.receiver.endpoint, PROOFLINE_SPOOL: base.spool, OTEL_SERVICE_NAME: "http-app", ...env },
  });
  const port = Number((await lineOf(child, /port (\d+)/))[1]);
  return {
    ...base,
    child,
    port,
    events: async (count) => {
      await until(() => base.receiver.accepted.length >= count);
      return base.receiver.accepted;
    },
  };
}

function call(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: object; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, method, path, headers, host: "127.0.0.1" }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    sent.on("error", reject);
    sent.end(method === "GET" || method === "DELETE" ? undefined : "{}");
  });
}

describe("the register hook", () => {
  test("records mutations with actor, action, outcome, status and trace, and changes nothing of the response", async (t) => {
    const { port, events, child } = await app(t);
    const answers = [
      await call(port, "GET", "/login"),
      await call(port, "POST", "/login?token=secret", { traceparent: TRACEPARENT, "x-request-id": "theirs" }),
      await call(port, "PATCH", "/fail"),
      await call(port, "DELETE", "/thing/1"),
      await call(port, "PUT", "/thing/1"),
    ];
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body]),
      [
        [200, "served /login"],
        [200, "served /login?token=secret"],
        [422, "served /fail"],
        [200, "served /thing/1"],
        [200, "served /thing/1"],
      ],
    );
    const seen = await events(4);
    assert.deepEqual(
      seen.map(({ event, attributes: a }) => [
        event,
        a["http.request.method"],
        a["audit.action"],
        a["audit.outcome"],
        a["http.response.status_code"],
        a["audit.actor.id"],
      ]),
      [
        ["http.request", "POST", "CREATE", "success", 200, "ann"],
        ["http.request", "PATCH", "UPDATE", "failure", 422, undefined],
        ["http.request", "DELETE", "DELETE", "success", 200, undefined],
        ["http.request", "PUT", "WRITE", "success", 200, undefined],
      ],
    );
    const [login, patch] = seen;
    assert.equal(login!.traceId, "0af7651916cd43dd8448eb211c80319c");
    assert.equal(login!.spanId, "b7ad6b7169203331");
    assert.equal(login!.attributes["url.path"], "/login", "never the query");
    assert.deepEqual(login!.attributes["http.request.header.x-request-id"], ["theirs"]);
    assert.match(String(login!.attributes["proofline.request.id"]), /^[0-9A-Z]{26}$/);
    assert.match(String(login!.attributes["client.address"]), /127\.0\.0\.1/);
    assert.equal(login!.resource["service.name"], "http-app");
    assert.match(patch!.traceId, /^[0-9a-f]{32}$/);
    assert.notEqual(patch!.traceId, login!.traceId);
    const said = child
      .err()
      .split("\n")
      .filter((line) => line.startsWith("proofline:"));
    assert.equal(said.length, 1, child.err());
    assert.match(said[0]!, /auditing incoming HTTP POST, PUT, PATCH, DELETE/);
  });

  test("joins the events of a request by trace and request id; an active span gives its own trace", async (t) => {
    const { port, events } = await app(t);
    await call(port, "POST", "/note");
    await call(port, "GET", "/span");
    const [note, post, span] = await events(3);
    assert.equal(note!.event, "note.written");
    assert.equal(note!.traceId, post!.traceId);
    assert.equal(note!.attributes["proofline.request.id"], post!.attributes["proofline.request.id"]);
    assert.equal(note!.attributes["proofline.workflow.id"], "w");
    assert.equal(span!.event, "in.span");
    assert.match(span!.traceId, /^(?!0{32})[0-9a-f]{32}$/);
    assert.equal(span!.attributes.span, span!.traceId);
  });

  test("records a request that its client aborts, with an unknown outcome", async (t) => {
    const { port, events } = await app(t);
    const sent = request({ port, method: "POST", path: "/hang", host: "127.0.0.1" });
    sent.on("error", () => undefined);
    sent.end("x", () => setTimeout(() => sent.destroy(), 20));
    const [record] = await events(1);
    assert.partialDeepStrictEqual(record!.attributes, { "audit.outcome": "unknown", "url.path": "/hang" });
    assert.equal(record!.attributes["http.response.status_code"], undefined);
  });

  test("serves on when the receiver is away, and when OpenTelemetry is switched off", async (t) => {
    const { port, receiver, events } = await app(t, { OTEL_SDK_DISABLED: "true", OTEL_LOGS_EXPORTER: "none" });
    receiver.reply = (_, request) => (request < 3 ? "drop" : "ok");
    assert.equal((await call(port, "POST", "/thing")).status, 200);
    assert.equal((await events(1))[0]!.event, "http.request");
  });

  test("lets an application start an SDK of its own afterwards", async (t) => {
    const base = await fixture(t);
    const child = startChild(t, {
      args: [REGISTER, "test/apps/own-sdk.ts"],
      env: { PROOFLINE_ENDPOINT: base.receiver.endpoint, PROOFLINE_SPOOL: base.spool },
    });
    assert.deepEqual(await child.ended, { code: 0, signal: null });
    assert.match(child.out(), /exported: work/);
    await until(() => base.receiver.accepted.some(({ event }) => event === "in.own.span"));
    const record = base.receiver.accepted.find(({ event }) => event === "in.own.span")!;
    assert.equal(record.attributes.span, record.traceId);
  });

  test("stops the start, with a word on why, when its settings cannot be used", async (t) => {
    const child = startChild(t, { args: [REGISTER, "-e", "console.log('ran')"], env: { PROOFLINE_ENDPOINT: "localhost:4318" } });
    const { code } = await child.ended;
    assert.notEqual(code, 0);
    assert.match(
      child.err(),
      /PROOFLINE_ENDPOINT: "localhost:4318" is not an http or https address; did you mean "http:\/\/localhost:4318"\?/,
    );
    assert.doesNotMatch(child.out(), /ran/);
  });

  test("knows which Node is too old", () => {
    assert.match(tooOld("20.20.2")!, /needs Node 22\.15\.0 or later; this is 20\.20\.2/);
    assert.match(tooOld("22.14.9")!, /needs Node/);
    for (const version of ["22.15.0", "22.20.1", "24.0.0", "26.10.0"]) assert.equal(tooOld(version), undefined);
  });
});
