// Every recipe of docs/recipes.md is a file that is run here, and stands there as it is.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Observable } from "rxjs";
import { type AuditRecorder, recordAudit } from "../src/testing.ts";
import { packageFolder } from "./kit/child.ts";

const folder = join(packageFolder, "../../test/apps/recipes");
const page = readFileSync(join(packageFolder, "../../docs/recipes.md"), "utf8");

interface Actor {
  readonly id: string;
  readonly type: string;
}
/** What the recipes export, as the tests use it. */
interface Recipes {
  express: { app: { listen(port: number): Server } };
  fastify: { app: { inject(request: object): Promise<{ statusCode: number }> } };
  "next-route": { POST: (request: Request, context: { params: Promise<{ id: string }> }) => Promise<Response> };
  nest: { AuditInterceptor: new () => { intercept(context: object, next: object): Observable<unknown> } };
  "ai-sdk": { refund: (invoice: object, ask: () => Promise<Actor | undefined>, execute: () => unknown) => Promise<unknown> };
  "mcp-server": { server: { connect(transport: object): Promise<void> } };
  cron: { main: () => Promise<number> };
  "queue-worker": { handle: (job: object) => Promise<void> };
}

const recipe = <Name extends keyof Recipes>(name: Name): Promise<Recipes[Name]> =>
  import(join(folder, `${name}.js`)) as Promise<Recipes[Name]>;

let recorder: AuditRecorder;
beforeEach(() => {
  recorder = recordAudit();
});
afterEach(() => recorder.restore());

describe("the recipes", () => {
  for (const name of readdirSync(folder))
    test(`${name} stands in docs/recipes.md as it is here`, () => {
      assert.ok(page.includes(readFileSync(join(folder, name), "utf8").trim()), `docs/recipes.md: ${name} differs`);
    });

  test("Express: who changed what of which invoice", async () => {
    const { app } = await recipe("express");
    const server = app.listen(0);
    const { port } = server.address() as AddressInfo;
    const headers = { "content-type": "application/json", "x-user": "ann" };
    await fetch(`http://127.0.0.1:${port}/invoices/4711`, { method: "PATCH", headers, body: '{"state":"paid"}' });
    server.close();
    recorder.assertEvent({
      ...{ event: "data.changed", action: "UPDATE", actor: { id: "ann" }, target: { id: "4711" } },
      attributes: { "proofline.change.fields": ["state"] },
    });
  });

  test("Fastify: an override, committed before the answer", async () => {
    const { app } = await recipe("fastify");
    const payload = { reason: "supplier confirmed" };
    const answer = await app.inject({ method: "POST", url: "/invoices/4711/override", headers: { "x-user": "ann" }, payload });
    assert.equal(answer.statusCode, 200);
    recorder.assertEvent({ event: "decision.overridden", actor: { id: "ann" }, reason: "supplier confirmed" });
  });

  test("Next.js: a route handler's step, with its actor and workflow", async () => {
    const { POST } = await recipe("next-route");
    const request = new Request("http://localhost/api/invoices/4711", { method: "POST", headers: { "x-user": "ann" } });
    assert.deepEqual(await (await POST(request, { params: Promise.resolve({ id: "4711" }) })).json(), { id: "4711" });
    recorder.assertEvent({ event: "invoice.approved.started", actor: { id: "ann" } });
    recorder.assertEvent({ event: "invoice.approved", outcome: "success", target: { id: "4711" } });
  });

  test("Nest: an interceptor tells success from failure", async () => {
    const { AuditInterceptor } = await recipe("nest");
    const { of, throwError, lastValueFrom } = await import("rxjs");
    const context = {
      switchToHttp: () => ({ getRequest: () => ({ user: { id: "ann" }, params: { id: "4711" } }) }),
      getClass: () => class Invoices {},
    };
    const run = (result: unknown) => new AuditInterceptor().intercept(context, { handle: () => result });
    await lastValueFrom(run(of("ok")));
    await assert.rejects(lastValueFrom(run(throwError(() => new Error("no")))));
    assert.deepEqual(
      recorder.events.map(({ actor, target, outcome }) => [actor.id, target.type, outcome]),
      [
        ["ann", "Invoices", "success"],
        ["ann", "Invoices", "failure"],
      ],
    );
  });

  test("AI SDK: a decision, an approval and its execution, on somebody's behalf", async () => {
    const { refund } = await recipe("ai-sdk");
    const invoice = { id: "4711", amount: 12 };
    assert.equal(
      await refund(
        invoice,
        async () => ({ id: "max", type: "user" }),
        () => "refunded",
      ),
      "refunded",
    );
    assert.deepEqual(
      recorder.events.map(({ event, actor }) => [event, actor.id]),
      [
        ["decision.made", "billing-agent"],
        ["approval.requested", "billing-agent"],
        ["approval.granted", "max"],
        ["approval.executed", "billing-agent"],
      ],
    );
    for (const { attributes } of recorder.events) assert.equal(attributes["proofline.delegation.on_behalf_of.id"], "ann");
    recorder.clear();
    assert.equal(
      await refund(
        invoice,
        async () => undefined,
        () => assert.fail("executed"),
      ),
      undefined,
    );
    recorder.assertEvent({ event: "approval.refused", actor: { id: "max" } });
  });

  test("MCP server: a tool's call, by whom", async () => {
    const { server } = await recipe("mcp-server");
    const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
    const { InMemoryTransport } = await import("@modelcontextprotocol/sdk/inMemory.js");
    const [here, there] = InMemoryTransport.createLinkedPair();
    const client = new Client({ name: "test", version: "1.0.0" });
    await Promise.all([server.connect(there), client.connect(here)]);
    await client.callTool({ name: "look_up", arguments: { id: "C-1" } });
    await client.close();
    recorder.assertEvent({
      event: "tool.look_up",
      actor: { id: "local", type: "service" },
      target: { id: "C-1", type: "customer" },
    });
  });

  test("a cron job: one run, delivered before it ends", async () => {
    const { main } = await recipe("cron");
    assert.equal(await main(), 0);
    recorder.assertEvent({
      event: "retention.purged",
      actor: { type: "system" },
      attributes: { "proofline.workflow.id": "retention" },
    });
  });

  test("a queue worker: the same ids for a second delivery", async () => {
    const { handle } = await recipe("queue-worker");
    const job = { id: "job-7", data: { actor: { id: "ann", type: "user" }, workflow: "payouts", pay: async () => undefined } };
    await handle(job);
    await handle(job);
    assert.deepEqual(
      recorder.events.map(({ id }) => id),
      ["job-7-started", "job-7-done", "job-7-started", "job-7-done"],
    );
  });
});
