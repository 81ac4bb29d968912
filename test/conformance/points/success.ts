// success.ts: points 10 to 15: what success looks like, and why success in part is never said.

import assert from "node:assert/strict";
import {
  attribute,
  auditRecord,
  type Request,
  request,
  toJson,
  toProtobuf,
} from "../../../packages/receiver/test/support/otlp.ts";
import type { Case, ExporterName, Said } from "../case.ts";
import { frame } from "../case.ts";
import { heldDisk } from "../disk.ts";
import { emit } from "../emit.ts";
import { linesOf } from "../lines.ts";
import type { Point } from "../suite.ts";

const EXPORTERS: readonly ExporterName[] = ["JS http/json", "JS http/protobuf", "JS grpc"];

/** Success with nothing else said: `{}`, or zero bytes. */
function assertBare(said: Said): void {
  assert.equal(said.ok, true, said.message);
  assert.equal(said.bytes.toString(), said.transport === "HTTP/JSON" ? "{}" : "");
}

/** 99 good records and, in the middle, one that no decoder can read; over each transport, with ids of its own. */
async function withPoison(c: Case, r: Awaited<ReturnType<Case["start"]>>): Promise<Said[]> {
  const good = (way: string): Request => request(...Array.from({ length: 99 }, (_, i) => auditRecord(`${way}-${i}`)));
  const json = JSON.parse(toJson(good("json")).toString()) as { resourceLogs: { scopeLogs: { logRecords: unknown[] }[] }[] };
  json.resourceLogs[0]!.scopeLogs[0]!.logRecords.splice(50, 0, { severityNumber: "INFO" });
  // Another ResourceLogs, whose one record ends before its length.
  const poison = Uint8Array.of(0x0a, 6, 0x12, 4, 0x12, 2, 0x32, 0x7f);
  const ways = ["http", "grpc"].values();
  const next = (): Buffer => Buffer.concat([toProtobuf(good(ways.next().value!)), poison]);
  return [await c.json(r, JSON.stringify(json)), ...(await c.protobufOnce(r, next, false))];
}

export const successPoints: readonly Point[] = [
  {
    number: 10,
    requirement: "200 and OK with an ExportLogsServiceResponse",
    answer: "says 200 with zero bytes of protobuf or `{}`, and OK with an empty message; never 202, 204 or an empty JSON body",
    async check(c) {
      const r = await c.start();
      for (const said of await c.everyWay(r, (way) => request(auditRecord(`r-${way}`)))) {
        assertBare(said);
        assert.equal(said.code, said.transport === "gRPC" ? 0 : 200);
      }
      const raw = await c.frames(r, frame(toProtobuf(request(auditRecord("raw")))));
      assert.deepEqual([raw.status, raw.headers[":status"], raw.headers["content-type"]], [0, 200, "application/grpc"]);
      assert.deepEqual(raw.body, Buffer.alloc(5));
      for (const name of EXPORTERS) assert.ok((await emit(c.exporter(r, name), 5, name)).ok, name);
    },
  },
  {
    number: 11,
    requirement: "partial_success is unset on full success",
    answer: "leaves partial_success out, also for duplicates, conflicts and records in quarantine",
    async check(c) {
      const r = await c.start();
      const one = request(auditRecord("one"));
      for (const said of await c.everyWay(r, () => one)) assertBare(said);
      for (const said of await c.everyWay(r, (way) => request(auditRecord("one", { other: `${way}` })))) assertBare(said);
      for (const said of await withPoison(c, r)) assertBare(said);
      assert.match(await r.metrics(), /proofline_records_conflict_total [1-9]/);
    },
  },
  {
    number: 12,
    requirement: "a request without records succeeds",
    answer: "accepts zero bytes of protobuf, `{}` and empty envelopes, and writes nothing",
    async check(c) {
      const r = await c.start();
      const texts = ["{}", '{"resourceLogs":[]}', '{"resourceLogs":null}', '{"resourceLogs":[{}]}'];
      for (const text of [...texts, '{"resourceLogs":[{"scopeLogs":[{"logRecords":[]}]}]}', " {} \n"])
        assertBare(await c.json(r, text));
      for (const bytes of [[], [0x0a, 0], [0x0a, 2, 0x12, 0]])
        for (const said of await c.protobuf(r, Uint8Array.from(bytes))) assertBare(said);
      assert.deepEqual(await linesOf(r), []);
      // JSON of no bytes is not JSON.
      assert.equal((await c.json(r, "")).code, 400);
    },
  },
  {
    number: 13,
    requirement: "an answer says that the data was accepted",
    answer: "answers after the record is redacted, chained and synced to disk, never before, on every transport",
    async check(c) {
      const held = heldDisk();
      const r = await c.start({ world: { disk: held.disk } });
      for (const way of ["json", "protobuf", "grpc"] as const) {
        held.hold();
        let answered = false;
        const body = request(auditRecord(way, { password: "hunter2" }));
        const sent = (async (): Promise<boolean> => {
          if (way === "json") return (await c.json(r, toJson(body))).ok;
          if (way === "protobuf") return (await c.post(r, "protobuf", toProtobuf(body))).status === 200;
          return (await c.call(r, toProtobuf(body))).code === 0;
        })();
        void sent.finally(() => (answered = true));
        await held.held();
        // Another whole exchange with the same process: an answer that was under way would be here.
        assert.equal((await fetch(`${r.url}/healthz`)).status, 200);
        assert.equal(answered, false, way);
        held.release();
        assert.equal(await sent, true, way);
        assert.equal((await linesOf(r)).at(-1)?.id, way);
      }
      assert.doesNotMatch((await r.lines()).join(), /hunter2/);
    },
  },
  {
    number: 14,
    requirement: "partial success, if used, names a count; clients do not repeat it",
    answer:
      "never uses it: of a hundred records with a poisoned one among them a hundred are lines, one of them in quarantine with its bytes kept",
    async check(c) {
      const r = await c.start();
      for (const said of await withPoison(c, r)) assertBare(said);
      const lines = await linesOf(r);
      assert.equal(lines.length, 300);
      const quarantined = lines.filter((line) => line.quarantine !== undefined);
      assert.equal(quarantined.length, 3);
      for (const { quarantine } of quarantined) {
        assert.equal(quarantine?.code, "MALFORMED");
        assert.ok(quarantine?.bytes !== undefined);
      }
      assert.match(await r.metrics(), /proofline_records_quarantined_total\{code="MALFORMED"\} 3/);
    },
  },
  {
    number: 15,
    requirement: "a message without rejected records is a warning",
    answer: "sends no warnings: what a sender should know is in the lines and the metrics",
    async check(c) {
      const r = await c.start();
      const strange = { ...auditRecord("a"), eventName: "", attributes: [attribute("k", "1"), attribute("k", "2")] };
      for (const said of await c.everyWay(r, () => request(strange))) assertBare(said);
      const [line] = await linesOf(r);
      const notes = line!.notes.map(({ path, note }) => `${path} ${note}`);
      for (const note of ["attributes.k duplicate_key", "event missing", "attributes.audit.actor.id missing"])
        assert.ok(notes.includes(note), `${note} is not among ${notes.join(", ")}`);
      assert.match(await r.metrics(), /proofline_records_missing_total\{field="event"\} 6/);
    },
  },
];
