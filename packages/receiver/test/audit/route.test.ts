import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { hashFromBase64, openCheckpoint, verifierFromVkey, verifyInclusion } from "@proofline/tlog";
import protobuf from "protobufjs";
import { decodeStatus } from "../support/grpc.ts";
import { auditRecord, gzipped, type Request, request, toJson, toProtobuf } from "../support/otlp.ts";
import { startTestReceiver, type TestReceiver, temporaryFolder } from "../support/receiver.ts";

interface Receipt {
  log: string;
  seq: number;
  id: string;
  leaf_hash: string;
  checkpoint?: string;
  inclusion_proof?: string[];
}

const JSON_TYPE = { "content-type": "application/json" };
const PROTOBUF_TYPE = { "content-type": "application/x-protobuf" };

function post(r: TestReceiver, body: Uint8Array, headers: Record<string, string>, query = ""): Promise<Response> {
  return fetch(`${r.url}/v1/audit${query}`, { method: "POST", headers, body: new Uint8Array(body) });
}

async function receiptsOf(response: Response): Promise<Receipt[]> {
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.equal(response.headers.get("content-type"), "application/json");
  return (JSON.parse(text) as { receipts: Receipt[] }).receipts;
}

async function send(r: TestReceiver, body: Request, headers: Record<string, string> = {}, query = ""): Promise<Receipt[]> {
  return await receiptsOf(await post(r, toJson(body), { ...JSON_TYPE, ...headers }, query));
}

async function refused(r: TestReceiver, body: Request, status: number): Promise<string> {
  const response = await post(r, toJson(body), JSON_TYPE);
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("retry-after"), null);
  return (JSON.parse(text) as { message: string }).message;
}

/** RFC 6962's leaf hash, without our own code. */
function leafHash(line: string): string {
  return createHash("sha256")
    .update(Buffer.concat([Buffer.of(0), Buffer.from(line)]))
    .digest("base64");
}

function checkAgainstLines(receipts: readonly Receipt[], lines: readonly string[]): void {
  for (const { seq, id, leaf_hash, log } of receipts) {
    const line = JSON.parse(lines[seq]!) as { seq: number; id: string; log: string };
    assert.deepEqual([line.seq, line.id, line.log], [seq, id, log]);
    assert.equal(leaf_hash, leafHash(lines[seq]!));
  }
}

const asProtobuf = protobuf.parse(`
  syntax = "proto3";
  message PartialSuccess { int64 rejected_log_records = 1; string error_message = 2; }
  message Response { PartialSuccess partial_success = 1; repeated Receipt receipts = 50000; }
  message Receipt { string log = 1; uint64 seq = 2; string id = 3; bytes leaf_hash = 4; string checkpoint = 5; repeated bytes inclusion_proof = 6; }
`).root;

/** A record that is nested deeper than a line may be. */
function deepRecord(id: string): ReturnType<typeof auditRecord> {
  let value: object = { stringValue: "x" };
  for (let i = 0; i < 80; i++) value = { arrayValue: { values: [value] } };
  return { ...auditRecord(id), body: value as never };
}

describe("POST /v1/audit", () => {
  test("gives a receipt for each record, in the request's order, true of the lines on disk", async (t) => {
    const r = await startTestReceiver(t, { settings: { log: "audit.example.com/prod-0" } });
    await r.post(toJson(request(auditRecord("before"))));
    const receipts = await send(r, request(auditRecord("b"), auditRecord("a"), auditRecord("c")));
    const first = (await r.ownLines()).length + 1;
    assert.deepEqual(
      receipts.map(({ log, seq, id }) => [log, seq, id]),
      [
        ["audit.example.com/prod-0", first, "b"],
        ["audit.example.com/prod-0", first + 1, "a"],
        ["audit.example.com/prod-0", first + 2, "c"],
      ],
    );
    assert.deepEqual(Object.keys(receipts[0]!), ["log", "seq", "id", "leaf_hash"]);
    checkAgainstLines(receipts, await r.allLines());
    assert.match(await r.metrics(), /^proofline_records_accepted_total 4$/m);
  });

  test("an empty request has no receipts; a record without an id gets one and is told it", async (t) => {
    const r = await startTestReceiver(t);
    assert.deepEqual(await send(r, { resourceLogs: [] }), []);
    const [receipt] = await send(r, request({ eventName: "plain" }));
    assert.match(receipt!.id, /^[0-9A-Z]{26}$/);
    checkAgainstLines([receipt!], await r.allLines());
  });

  test("protobuf is answered with an ExportLogsServiceResponse without partial_success, receipts in field 50000", async (t) => {
    const r = await startTestReceiver(t);
    const body = await gzipped(toProtobuf(request(auditRecord("a"), auditRecord("b"))));
    const response = await post(r, body, { ...PROTOBUF_TYPE, "content-encoding": "gzip" }, "?wait=checkpoint");
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/x-protobuf");
    const type = asProtobuf.lookupType("Response");
    const answer = type.toObject(type.decode(Buffer.from(await response.arrayBuffer())), { longs: Number, bytes: String }) as {
      partialSuccess?: object;
      receipts: { seq?: number; id: string; leafHash: string; checkpoint: string; inclusionProof?: string[] }[];
    };
    assert.equal(answer.partialSuccess, undefined);
    const lines = await r.allLines();
    const first = (await r.ownLines()).length;
    assert.deepEqual(
      answer.receipts.map(({ seq, leafHash: hash, id }) => [seq ?? 0, id, hash]),
      ["a", "b"].map((id, i) => [first + i, id, leafHash(lines[first + i]!)]),
    );
    const { size, root } = openCheckpoint(answer.receipts[1]!.checkpoint, [verifierFromVkey(r.receiver.vkey)]);
    const proof = (answer.receipts[1]!.inclusionProof ?? []).map(hashFromBase64);
    verifyInclusion(hashFromBase64(answer.receipts[1]!.leafHash), first + 1, size, proof, root);
  });

  test("who accepts JSON by name gets JSON, whatever the request's encoding", async (t) => {
    const r = await startTestReceiver(t);
    const accept = { ...PROTOBUF_TYPE, accept: "application/json;q=0.9, text/html" };
    const receipts = await receiptsOf(await post(r, toProtobuf(request(auditRecord("a"))), accept));
    assert.equal(receipts[0]!.id, "a");
    const any = await post(r, toProtobuf(request(auditRecord("b"))), { ...PROTOBUF_TYPE, accept: "*/*" });
    assert.equal(any.headers.get("content-type"), "application/x-protobuf");
  });

  test("every record is chained, also where accept is audit", async (t) => {
    const r = await startTestReceiver(t, { settings: { accept: "audit" } });
    assert.equal((await send(r, request({ eventName: "plain" }))).length, 1);
  });

  test("whoever is authenticated stands in the line, and another one with the same record is in conflict with it", async (t) => {
    const folder = await temporaryFolder(t);
    const tokens = [];
    for (const name of ["billing", "crm"]) {
      const file = join(folder, name);
      await writeFile(file, `the-token-of-${name}-0123456789abcdef\n`, { mode: 0o600 });
      tokens.push({ name, file, logs: ["*"] });
    }
    const r = await startTestReceiver(t, { settings: { "auth.tokens": JSON.stringify(tokens) } });
    const as = (name: string) => ({ ...JSON_TYPE, authorization: `Bearer the-token-of-${name}-0123456789abcdef` });
    const body = toJson(request(auditRecord("a")));
    assert.equal((await post(r, body, JSON_TYPE)).status, 401);
    assert.equal((await post(r, body, as("billing"))).status, 200);
    assert.equal((JSON.parse((await r.lines())[0]!) as { writer: string }).writer, "billing");
    assert.equal((await post(r, body, as("billing"))).status, 200);
    assert.equal((await post(r, body, as("crm"))).status, 409);
    assert.equal((await r.lines()).length, 1);
  });

  test("is for POST, and says so", async (t) => {
    const r = await startTestReceiver(t);
    const response = await fetch(`${r.url}/v1/audit`);
    assert.equal(response.status, 405);
    assert.equal(response.headers.get("allow"), "POST");
  });

  test("more records than audit.max_records are 413, and none is written", async (t) => {
    const r = await startTestReceiver(t, { settings: { "audit.max_records": "2" } });
    await refused(r, request(auditRecord("a"), auditRecord("b"), auditRecord("c")), 413);
    assert.equal((await r.lines()).length, 0);
  });
});

describe("a request that is sent again", () => {
  test("gets the same receipts, and nothing is written", async (t) => {
    const r = await startTestReceiver(t);
    const body = request(auditRecord("a"), auditRecord("b"), auditRecord("c"));
    const receipts = await send(r, body);
    assert.deepEqual(await send(r, body), receipts);
    assert.equal((await r.lines()).length, 3);
    // A part of it, in another order and with a new record between.
    const mixed = await send(r, request(auditRecord("c"), auditRecord("d"), auditRecord("a")));
    const first = receipts[0]!.seq;
    assert.deepEqual(
      mixed.map(({ seq }) => seq - first),
      [2, 3, 0],
    );
    assert.equal(mixed[0]!.leaf_hash, receipts[2]!.leaf_hash);
  });

  test("many at once with the same records have one line each and the same receipts", async (t) => {
    const r = await startTestReceiver(t);
    const body = request(...Array.from({ length: 40 }, (_, i) => auditRecord(`id-${i}`)));
    const answers = await Promise.all(Array.from({ length: 12 }, () => send(r, body)));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal((await r.lines()).length, 40);
    checkAgainstLines(answers[0]!, await r.allLines());
  });

  test("the same record twice in one request is one line and two equal receipts", async (t) => {
    const r = await startTestReceiver(t);
    const [first, second] = await send(r, request(auditRecord("a"), auditRecord("a")));
    assert.deepEqual(second, first);
    assert.equal((await r.lines()).length, 1);
  });
});

describe("all or nothing", () => {
  test("an id that stands with other content is 409, with its id and seq, and nothing of the request is written", async (t) => {
    const r = await startTestReceiver(t);
    const [, b] = await send(r, request(auditRecord("a"), auditRecord("b")));
    const message = await refused(r, request(auditRecord("new"), auditRecord("b", { amount: "2" })), 409);
    assert.ok(
      message.includes(`record 1: id "b" stands at seq ${b!.seq} with other content; nothing of the request was written`),
      message,
    );
    assert.equal((await r.lines()).length, 2);
    assert.match(await r.metrics(), /^proofline_audit_requests_refused_total\{cause="conflict"\} 1$/m);
    // And so the good one among them can still be sent.
    assert.equal((await send(r, request(auditRecord("new"))))[0]!.seq, b!.seq + 1);
  });

  test("an id twice in one request with other content is 409", async (t) => {
    const r = await startTestReceiver(t);
    const message = await refused(r, request(auditRecord("a"), auditRecord("b"), auditRecord("a", { amount: "2" })), 409);
    assert.match(message, /record 2: id "a" stands at record 0 of this request/);
    assert.equal((await r.lines()).length, 0);
  });

  test("an id that /v1/logs put into quarantine is 409, also with the quarantined content", async (t) => {
    const r = await startTestReceiver(t);
    await r.post(toJson(request(auditRecord("a"))));
    await r.post(toJson(request(auditRecord("a", { amount: "2" }))));
    assert.equal((await r.lines()).length, 2);
    assert.match(
      await refused(r, request(auditRecord("x"), auditRecord("a", { amount: "2" })), 409),
      /record 1: id "a" stands at seq \d+ with/,
    );
    assert.equal((await send(r, request(auditRecord("a"))))[0]!.seq, (await r.ownLines()).length);
    assert.equal((await r.lines()).length, 2);
  });

  test("of many at once that say different things under one id, one is written and the others are told", async (t) => {
    const r = await startTestReceiver(t);
    const bodies = Array.from({ length: 10 }, (_, i) =>
      toJson(request(auditRecord("same", { amount: String(i) }), auditRecord(`own-${i}`))),
    );
    const answers = await Promise.all(bodies.map((body) => post(r, body, JSON_TYPE)));
    assert.deepEqual(
      answers.map(({ status }) => status).sort((a, b) => a - b),
      [200, ...Array.from({ length: 9 }, () => 409)],
    );
    assert.equal((await r.lines()).length, 2);
  });

  test("a record that cannot be understood is 400 with its place, in both encodings; nothing is written or quarantined", async (t) => {
    const r = await startTestReceiver(t);
    const body = request(auditRecord("a"), deepRecord("b"), auditRecord("c"));
    assert.match(
      await refused(r, body, 400),
      /^record 1 \(of 3, counted from 0\) was not understood: .*; nothing of the request was written$/,
    );
    // A ResourceLogs with one record whose time is a varint: requests one after the other are one request.
    const broken = Buffer.from("0a06120412020801", "hex");
    const bytes = Buffer.concat([toProtobuf(request(auditRecord("a"))), broken, toProtobuf(request(auditRecord("c")))]);
    const response = await post(r, bytes, PROTOBUF_TYPE);
    assert.equal(response.status, 400);
    assert.match(decodeStatus(Buffer.from(await response.arrayBuffer())).message, /^record 1 \(of 3/);
    assert.equal((await r.lines()).length, 0);
    assert.match(await r.metrics(), /^proofline_audit_requests_refused_total\{cause="malformed"\} 2$/m);
    assert.doesNotMatch(await r.metrics(), /^proofline_records_quarantined_total\{/m);
  });

  test("what is not an export request is 400", async (t) => {
    const r = await startTestReceiver(t);
    assert.equal((await post(r, Buffer.from("{"), JSON_TYPE)).status, 400);
    assert.equal((await post(r, Buffer.from([0x0a, 0x7f]), PROTOBUF_TYPE)).status, 400);
    assert.equal((await post(r, Buffer.from("x"), { "content-type": "text/plain" })).status, 415);
  });
});

describe("waiting for a checkpoint", () => {
  for (const [how, headers, query] of [
    ["?wait=checkpoint", {}, "?wait=checkpoint"],
    ["Prefer: wait", { prefer: "wait" }, ""],
    ["Prefer: wait=3", { prefer: "respond-async, wait=3" }, ""],
  ] as const) {
    test(`${how}: each receipt has a signed checkpoint and a proof that leads to its root`, async (t) => {
      const r = await startTestReceiver(t, { settings: { log: "audit.example.com/prod-0", "checkpoint.interval": "10ms" } });
      const early = request(...Array.from({ length: 300 }, (_, i) => auditRecord(`early-${i}`)));
      await send(r, early);
      const later = request(auditRecord("late-0"), auditRecord("early-7"), auditRecord("late-1"));
      const receipts = await send(r, later, headers, query);
      const verifier = verifierFromVkey(r.receiver.vkey);
      for (const { seq, leaf_hash, checkpoint, inclusion_proof } of receipts) {
        const { origin, size, root } = openCheckpoint(checkpoint!, [verifier]);
        assert.equal(origin, "audit.example.com/prod-0");
        verifyInclusion(hashFromBase64(leaf_hash), seq, size, inclusion_proof!.map(hashFromBase64), root);
      }
      const first = (await r.ownLines()).length;
      assert.deepEqual(
        receipts.map(({ seq }) => seq - first),
        [300, 7, 301],
      );
    });
  }

  test("is bounded: without a checkpoint in time the receipts come without one, for the records are durable", async (t) => {
    const r = await startTestReceiver(t, { settings: { "checkpoint.interval": "1h", "audit.max_wait": "50ms" } });
    // A quiet log signs at once; from then on not for an hour.
    await send(r, request(auditRecord("a")), {}, "?wait=checkpoint");
    const response = await post(r, toJson(request(auditRecord("b"))), { ...JSON_TYPE, prefer: "wait=100" });
    assert.equal(response.headers.get("preference-applied"), null);
    const [receipt] = await receiptsOf(response);
    assert.deepEqual(Object.keys(receipt!), ["log", "seq", "id", "leaf_hash"]);
    assert.equal((await r.lines()).length, 2);
  });

  test("another value of wait is 400 before anything is written", async (t) => {
    const r = await startTestReceiver(t);
    const response = await post(r, toJson(request(auditRecord("a"))), JSON_TYPE, "?wait=forever");
    assert.equal(response.status, 400);
    assert.match(await response.text(), /expected wait=checkpoint/);
    assert.equal((await r.lines()).length, 0);
  });
});
