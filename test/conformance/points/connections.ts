// connections.ts: points 36 to 41: connections, repetition, shutdown and order.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { loadConfig } from "@proofline/receiver";
import { grpcClient } from "../../../packages/receiver/test/support/grpc.ts";
import { auditRecord, request, toJson, toProtobuf } from "../../../packages/receiver/test/support/otlp.ts";
import type { TestReceiver } from "../../../packages/receiver/test/support/receiver.ts";
import { type Case, frame, head } from "../case.ts";
import { heldDisk } from "../disk.ts";
import { emit } from "../emit.ts";
import { linesOf } from "../lines.ts";
import { serve } from "../served.ts";
import type { Point } from "../suite.ts";

const EXPORT_PATH = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

export const connectionPoints: readonly Point[] = [
  {
    number: 36,
    requirement: "HTTP keep-alive, longer than clients and load balancers keep a connection idle; slow requests are bounded",
    answer:
      "keeps a connection 65 s idle and takes one request after another on it, also as a process of its own; what was sent again after a lost answer is one line",
    async check(c) {
      const { process, ...served } = await serve(c);
      const body = toJson(request(auditRecord("once"))).toString();
      const post = `${head(body.length)}${body}`;
      const answers = await c.http(served, post.repeat(3), /(?:200 OK.*?\{\}.*?){3}$/s);
      assert.equal(answers.match(/HTTP\/1\.1 200 OK/g)?.length, 3);
      assert.match(answers, /keep-alive: timeout=65\r\n/i);
      assert.doesNotMatch(answers, /connection: close/i);
      // The answer never arrives: the client closes before it reads.
      const lost = connect(Number(new URL(served.url).port), "127.0.0.1");
      const second = toJson(request(auditRecord("lost"))).toString();
      await new Promise<void>((resolve) => lost.write(`${head(second.length)}${second}`, () => resolve()));
      lost.destroy();
      assert.equal(
        (await fetch(`${served.url}/v1/logs`, { method: "POST", headers: { "content-type": "application/json" }, body: second }))
          .status,
        200,
      );
      const ids = (await process.lines()).map((line) => (JSON.parse(line) as { id: string }).id);
      for (const id of ["once", "lost"]) assert.equal(ids.filter((one) => one === id).length, 1, id);
    },
  },
  {
    number: 37,
    requirement: "gRPC connections may be pinged and kept; none is closed under an export",
    answer:
      "answers pings, ages no connection out, announces how many calls it takes at once, and ends a connection that is closed gracefully only after its calls",
    async check(c) {
      const held = heldDisk();
      const r = await c.start({ world: { disk: held.disk } });
      const session = c.session(r);
      const settings = await new Promise<{ maxConcurrentStreams?: number }>((resolve) => session.once("remoteSettings", resolve));
      assert.ok(settings.maxConcurrentStreams! >= 100 && settings.maxConcurrentStreams! <= 1000);
      let goneAway = false;
      session.on("goaway", () => (goneAway = true));
      const call = (id: string): Promise<number> =>
        c.frames(r, frame(toProtobuf(request(auditRecord(id)))), {}, session).then(({ status }) => status);
      for (let i = 0; i < 50; i++) await new Promise<void>((resolve) => session.ping(() => resolve()));
      assert.equal(await call("a"), 0);
      assert.equal(goneAway, false);
      // An export under way when the receiver is told to stop gets its answer on the same connection.
      held.hold();
      const exporting = call("b");
      await held.held();
      const stopped = r.receiver.stop();
      held.release();
      assert.equal(await exporting, 0);
      await stopped;
      assert.equal((await linesOf(r)).filter(({ id }) => id === "b").length, 1);
    },
  },
  {
    number: 38,
    requirement: "duplicates are to be expected",
    answer:
      "acknowledges a record that is sent again, over any transport and while the first is still under way, and writes one line; the same id with other content is a conflict, and a line",
    async check(c) {
      const held = heldDisk();
      const r = await c.start({ world: { disk: held.disk } });
      const one = request(auditRecord("one"));
      held.hold();
      const together = [
        c.json(r, toJson(one)),
        c.json(r, toJson(one)),
        ...[1, 2].map(() => c.call(r, toProtobuf(one)).then(({ code }) => ({ ok: code === 0 }))),
      ];
      await held.held();
      held.release();
      for (const said of await Promise.all(together)) assert.ok(said.ok);
      for (const said of await c.everyWay(r, () => one)) assert.ok(said.ok);
      assert.equal((await linesOf(r)).length, 1);
      for (const said of await c.everyWay(r, () => request(auditRecord("one", { more: "x" })))) assert.ok(said.ok);
      const conflicts = (await linesOf(r)).slice(1);
      assert.ok(conflicts.length >= 1);
      for (const line of conflicts) assert.match(line.quarantine!.reason, /other content/);
    },
  },
  {
    number: 39,
    requirement: "on shutdown what is under way is finished, what comes is told to come again, and then it ends",
    answer:
      "does so within `shutdown.timeout`: under load, in a process of its own, every record that was acknowledged is in the ledger, and it ends with 0",
    async check(c) {
      const held = heldDisk();
      const r = await c.start({ world: { disk: held.disk } });
      held.hold();
      const underWay = c.json(r, toJson(request(auditRecord("under-way"))));
      const client = c.call(r, Buffer.alloc(0));
      assert.equal((await client).code, 0);
      await held.held();
      const stopped = r.receiver.stop();
      for (const said of await c.everyWay(r, () => request(auditRecord("late")))) {
        assert.equal(said.status, 14, said.message);
        assert.ok(said.retrySeconds! >= 1);
      }
      held.release();
      assert.ok((await underWay).ok);
      await stopped;
      assert.deepEqual(
        (await linesOf(r)).map(({ id }) => id),
        ["under-way"],
      );
      await assert.rejects(fetch(r.url));

      const { process, ...served } = await serve(c);
      const acknowledged = await loadUntilItStops(c, served, () => process.stop());
      const ids = new Set((await process.lines()).map((line) => (JSON.parse(line) as { id: string }).id));
      assert.ok(acknowledged.length > 50);
      for (const id of acknowledged) assert.ok(ids.has(id), `${id} was acknowledged and is not there`);
      assert.equal((await process.verifyData()).code, 0);
    },
  },
  {
    number: 40,
    requirement: "CORS is off unless browsers emit; localhost by default; TLS for both",
    answer:
      "listens on 127.0.0.1 unless told otherwise and never allows another origin; certificates and tokens are one setting for both transports",
    async check(c) {
      const { otlp } = loadConfig({ flags: {} });
      assert.deepEqual([otlp.http.host, otlp.grpc.host], ["127.0.0.1", "127.0.0.1"]);
      const r = await c.start();
      assert.deepEqual([r.receiver.http.host, r.receiver.grpc.host], ["127.0.0.1", "127.0.0.1"]);
      const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
      for (const method of ["OPTIONS", "POST"]) {
        const answer = await c.post(r, "json", "{}", { method, headers });
        assert.equal(answer.status, method === "POST" ? 200 : 405);
        assert.deepEqual(
          [...answer.headers.keys()].filter((name) => name.startsWith("access-control-")),
          [],
        );
      }
    },
  },
  {
    number: 41,
    requirement: "clients send side by side and ahead; the order of arrival is not the order of events",
    answer:
      "takes pipelined and parallel requests, answers each, keeps a request's records together and in order; the chain's order is that of commitment, the producer's numbers stand beside it",
    async check(c) {
      const r = await c.start();
      const three = (i: number): ReturnType<typeof request> => request(...[0, 1, 2].map((j) => auditRecord(`r-${i}-${j}`)));
      const session = c.session(r);
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, i) => {
          if (i % 3 === 0) return c.json(r, toJson(three(i))).then(({ ok }) => ok);
          if (i % 3 === 1) return c.call(r, toProtobuf(three(i))).then(({ code }) => code === 0);
          return c.frames(r, frame(toProtobuf(three(i))), {}, session).then(({ status }) => status === 0);
        }),
      );
      assert.ok(answers.every(Boolean));
      const ids = (await linesOf(r)).map(({ id }) => id.split("-").slice(1).map(Number));
      assert.equal(ids.length, 180);
      for (let i = 0; i < ids.length; i += 3)
        assert.deepEqual(
          ids.slice(i, i + 3),
          [0, 1, 2].map((j) => [ids[i]![0], j]),
        );
      const bodies = [1, 2, 3, 4].map((i) => toJson(request(auditRecord(`pipelined-${i}`))).toString());
      const pipelined = await c.http(r, bodies.map((body) => head(body.length) + body).join(""), /(?:200 OK.*?\{\}.*?){4}$/s);
      assert.equal(pipelined.match(/ 200 OK/g)?.length, 4);
      // Numbers of a producer, sent out of order, are kept as they were given.
      for (const number of ["2", "1"]) {
        const record = auditRecord(`n-${number}`, { "audit.sequence.stream_id": "s" });
        record.attributes!.push({ key: "audit.sequence.number", value: { intValue: number } });
        assert.ok((await c.json(r, toJson(request(record)))).ok);
      }
      const numbered = (await linesOf(r)).slice(-2);
      assert.deepEqual(
        numbered.map(({ producer }) => Number(producer!.number)),
        [2, 1],
      );
      assert.ok(numbered[0]!.seq < numbered[1]!.seq && numbered[0]!.received < numbered[1]!.received);
      assert.ok((await emit(c.exporter(r, "JS http/protobuf"), 30, "batches")).ok);
    },
  },
];

/** Six clients send as fast as they are answered; after 50 answers `stop` is called. @returns the ids that were acknowledged */
async function loadUntilItStops(
  c: Case,
  served: Pick<TestReceiver, "url" | "grpcAddress">,
  stop: () => Promise<void>,
): Promise<string[]> {
  const acknowledged: string[] = [];
  const grpc = grpcClient(c.t, served.grpcAddress);
  let stopped: Promise<void> | undefined;
  let running = true;
  const client = async (n: number): Promise<void> => {
    for (let i = 0; running; i++) {
      const id = `${n}-${i}`;
      const body = request(auditRecord(id));
      try {
        const code =
          n % 2 === 0
            ? (await grpc.call(toProtobuf(body), EXPORT_PATH)).code
            : (
                await fetch(`${served.url}/v1/logs`, {
                  method: "POST",
                  headers: { "content-type": "application/json" },
                  body: new Uint8Array(toJson(body)),
                })
              ).status;
        if (code === 200 || code === 0) acknowledged.push(id);
        else assert.ok(code === 503 || code === 14, String(code));
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        running = false;
      }
      if (acknowledged.length >= 50) stopped ??= stop().finally(() => (running = false));
    }
  };
  await Promise.all([1, 2, 3, 4, 5, 6].map(client));
  await stopped;
  return acknowledged;
}
