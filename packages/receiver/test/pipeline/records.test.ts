import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseLine } from "@proofline/event";
import { openSeal } from "../../src/pipeline/seal.ts";
import { attribute, auditRecord, type Request, request, type TestRecord, toJson, toProtobuf } from "../support/otlp.ts";
import { startTestReceiver, type TestReceiver } from "../support/receiver.ts";

const PROTOBUF = { "content-type": "application/x-protobuf" };

async function send(r: TestReceiver, ...records: TestRecord[]): Promise<void> {
  const response = await r.post(toJson(request(...records)));
  assert.equal(response.status, 200, await response.text());
}

async function linesOf(r: TestReceiver): Promise<ReturnType<typeof parseLine>[]> {
  return (await r.lines()).map((line) => parseLine(Buffer.from(line)));
}

async function readObject(r: TestReceiver, sha256: string): Promise<Buffer> {
  return readFile(join(r.receiver.folder, "objects", sha256.slice(0, 2), sha256));
}

async function metric(r: TestReceiver, name: string): Promise<number> {
  const found = (await r.metrics()).split("\n").find((line) => line.startsWith(`proofline_${name} `));
  return Number(found?.split(" ").at(-1));
}

describe("idempotency", () => {
  test("a record that comes again is acknowledged, counted, and not written twice", async (t) => {
    const r = await startTestReceiver(t);
    await send(r, auditRecord("a"));
    await send(r, auditRecord("a"), auditRecord("b"));
    assert.deepEqual(
      (await linesOf(r)).map(({ id }) => id),
      ["a", "b"],
    );
    assert.equal(await metric(r, "records_duplicate_total"), 1);
    assert.equal(await metric(r, "records_accepted_total"), 2);
  });

  test("also over another transport's encoding, and after a restart", async (t) => {
    const r = await startTestReceiver(t);
    await send(r, auditRecord("a", { "enduser.email": "ann@example.com" }));
    await r.receiver.stop();
    const again = await startTestReceiver(t, { data: r.data });
    const response = await again.post(toProtobuf(request(auditRecord("a", { "enduser.email": "ann@example.com" }))), PROTOBUF);
    assert.equal(response.status, 200);
    assert.equal((await again.lines()).length, 1);
    assert.equal(await metric(again, "records_duplicate_total"), 1);
  });

  test("within one request, too", async (t) => {
    const r = await startTestReceiver(t);
    await send(r, auditRecord("a"), auditRecord("a"), auditRecord("a"));
    assert.equal((await r.lines()).length, 1);
    assert.equal(await metric(r, "records_duplicate_total"), 2);
  });

  test("many at once: one line, all acknowledged", async (t) => {
    const r = await startTestReceiver(t);
    await Promise.all(Array.from({ length: 20 }, () => send(r, auditRecord("a"))));
    assert.equal((await r.lines()).length, 1);
    assert.equal(await metric(r, "records_duplicate_total"), 19);
  });

  test("the same id with other content is a line in quarantine that names the first one, and is itself idempotent", async (t) => {
    const r = await startTestReceiver(t);
    await send(r, auditRecord("x"), auditRecord("a"));
    for (let i = 0; i < 2; i++) await send(r, auditRecord("a", { "audit.outcome": "failure" }));
    const lines = await linesOf(r);
    assert.equal(lines.length, 3);
    assert.equal(lines[2]!.id, "a");
    assert.equal(lines[2]!.attributes.get("audit.outcome"), "failure");
    assert.deepEqual(lines[2]!.quarantine, {
      code: "ID_CONFLICT",
      reason: `another record with this id and other content stands at seq ${lines[1]!.seq}`,
    });
    assert.equal(await metric(r, "records_conflict_total"), 1);
    assert.equal(await metric(r, 'records_quarantined_total{code="ID_CONFLICT"}'), 1);
  });

  test("a conflict within one request is found, too", async (t) => {
    const r = await startTestReceiver(t);
    await send(r, auditRecord("a"), auditRecord("a", { "audit.outcome": "failure" }));
    const [, second] = await linesOf(r);
    assert.match(second!.quarantine!.reason, /earlier in the same request/);
  });

  test("records without an id each get one, which is noted, and are never taken for each other", async (t) => {
    const r = await startTestReceiver(t);
    const { attributes, ...rest } = auditRecord("");
    const record = { ...rest, attributes: attributes!.slice(1) };
    await send(r, record, record);
    await send(r, record);
    const lines = await linesOf(r);
    assert.equal(new Set(lines.map(({ id }) => id)).size, 3);
    for (const { id, notes } of lines) {
      assert.match(id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
      assert.deepEqual(notes, [{ path: "id", note: "assigned" }]);
    }
  });
});

describe("redaction, before anything is written", () => {
  test("attributes, body, event name, severity text, scope and resource are redacted, and each line says so for itself", async (t) => {
    const r = await startTestReceiver(t);
    const secret = "ann@example.com";
    const record = (id: string): TestRecord => ({
      ...auditRecord(id, { "enduser.email": secret }),
      eventName: `mail.${secret}`,
      severityText: secret,
      body: { kvlistValue: { values: [attribute("password", "hunter2")] } },
    });
    const body: Request = request(record("a"), record("b"));
    body.resourceLogs[0]!.resource!.attributes.push(attribute("host.owner", secret));
    body.resourceLogs[0]!.scopeLogs[0]!.scope = { name: secret, version: secret };
    assert.equal((await r.post(toJson(body))).status, 200);
    const raw = (await r.lines()).join("\n");
    assert.doesNotMatch(raw, /ann@example\.com|hunter2/);
    const [a, b] = await linesOf(r);
    const paths = [
      "event",
      "severity_text",
      "attributes.enduser.email",
      "body.password",
      "scope.name",
      "scope.version",
      "resource.host.owner",
    ];
    assert.deepEqual(a!.redactions.map(({ path }) => path).sort(), paths.sort());
    assert.deepEqual(b!.redactions, a!.redactions);
    // Tokens are of the same key: equal values stay comparable.
    assert.equal(a!.attributes.get("enduser.email"), b!.resource.attributes.get("host.owner"));
    assert.equal(await metric(r, 'redactions_total{rule="password",action="mask"}'), 2);
  });

  test("tokens are the same after a restart, and others in another log", async (t) => {
    const token = async (r: TestReceiver, id: string): Promise<unknown> => {
      await send(r, auditRecord(id, { "enduser.email": "ann@example.com" }));
      return (await linesOf(r)).at(-1)!.attributes.get("enduser.email");
    };
    const first = await startTestReceiver(t);
    const before = await token(first, "a");
    await first.receiver.stop();
    assert.equal(await token(await startTestReceiver(t, { data: first.data }), "b"), before);
    assert.notEqual(await token(await startTestReceiver(t), "a"), before);
  });

  test("what the producer redacted is listed before what the receiver did", async (t) => {
    const r = await startTestReceiver(t);
    const entry = { kvlistValue: { values: ["path", "rule", "action", "policy"].map((key) => attribute(key, `sdk-${key}`)) } };
    const record = auditRecord("a", { password: "hunter2" });
    record.attributes!.push({ key: "proofline.redactions", value: { arrayValue: { values: [entry] } } as never });
    await send(r, record);
    const [line] = await linesOf(r);
    assert.deepEqual(
      line!.redactions.map(({ rule }) => rule),
      ["sdk-rule", "password"],
    );
  });
});

describe("quarantine", () => {
  test("a record that cannot be understood stands between the good ones, with the reason, and its bytes are kept", async (t) => {
    const r = await startTestReceiver(t);
    // ResourceLogs { ScopeLogs { good, bad, good } }: the bad one has a string whose length runs past its own end.
    const field = (tag: number, bytes: Buffer): Buffer => Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
    const bad = Buffer.from([0x1a, 0x7f, 0x41]);
    const good = (id: string): Buffer =>
      field(0x32, Buffer.concat([field(0x0a, Buffer.from("audit.record.id")), field(0x12, field(0x0a, Buffer.from(id)))]));
    const scope = Buffer.concat([good("a"), bad, good("b")].map((record) => field(0x12, record)));
    const response = await r.post(field(0x0a, field(0x12, scope)), PROTOBUF);
    assert.equal(response.status, 200);
    const lines = await linesOf(r);
    assert.deepEqual(
      lines.map(({ quarantine }) => quarantine?.code),
      [undefined, "MALFORMED", undefined],
    );
    assert.deepEqual([lines[0]!.id, lines[2]!.id], ["a", "b"]);
    const { bytes } = lines[1]!.quarantine! as { bytes: { sha256: string; bytes: number } };
    const sealed = await readObject(r, bytes.sha256);
    assert.equal(sealed.length, bytes.bytes);
    assert.ok(!sealed.includes(bad), "what could not be redacted is not kept in the clear");
    const key = Buffer.from(await readFile(join(r.receiver.folder, "redaction.key"), "utf8"), "base64");
    assert.deepEqual(Buffer.from(openSeal(key, sealed)!), bad);
    assert.equal(openSeal(Buffer.alloc(32), sealed), undefined);
    assert.equal(openSeal(key, sealed.with(20, sealed[20]! ^ 1)), undefined);
    assert.equal(await metric(r, 'records_quarantined_total{code="MALFORMED"}'), 1);
  });

  test("a value too large for a line moves out, redacted, and the line refers to it", async (t) => {
    const r = await startTestReceiver(t);
    const large = `${"x".repeat(100_000)} ann@example.com`;
    await send(r, auditRecord("a", { document: large }));
    const [line] = await linesOf(r);
    const ref = line!.attributes.get("document") as { sha256: string };
    const stored = (await readObject(r, ref.sha256)).toString();
    assert.match(stored, /^x{100000} tok_/);
    assert.equal(line!.quarantine, undefined);
  });

  test("a record whose names alone are too long is kept whole beside its line, redacted", async (t) => {
    const r = await startTestReceiver(t);
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`a.rather.long.name.of.an.attribute.${i}`, "v"]));
    await send(r, auditRecord("a", { ...many, password: "hunter2" }));
    await send(r, auditRecord("a", { ...many, password: "hunter2" }));
    const lines = await linesOf(r);
    assert.equal(lines.length, 1);
    const [line] = lines;
    assert.equal(line!.id, "a");
    assert.equal(line!.quarantine!.code, "TOO_LARGE");
    const whole = (await readObject(r, (line!.quarantine!.bytes as unknown as { sha256: string }).sha256)).toString();
    const kept = JSON.parse(whole) as { attributes: Record<string, string> };
    assert.equal(Object.keys(kept.attributes).length, 3_000 + 5);
    assert.equal(kept.attributes.password, "***");
  });

  test("a record that nearly fills its line and has a conflict still gets its line", async (t) => {
    const r = await startTestReceiver(t);
    for (const letter of ["x", "y"]) {
      const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`n${i}`, letter.repeat(50)]));
      await send(r, auditRecord("a", many));
    }
    assert.deepEqual(
      (await linesOf(r)).map(({ quarantine }) => quarantine?.code),
      [undefined, "ID_CONFLICT"],
    );
  });
});

describe("what is accepted", () => {
  const plain: TestRecord = { body: { stringValue: "an ordinary log line" } };

  test("by default ordinary logs are chained too; what they lack is marked and counted", async (t) => {
    const r = await startTestReceiver(t);
    await send(r, plain);
    const [line] = await linesOf(r);
    const missing = line!.notes.filter(({ note }) => note === "missing").map(({ path }) => path);
    assert.deepEqual(missing, ["attributes.audit.action", "attributes.audit.actor.id", "attributes.audit.outcome", "event"]);
    assert.equal(await metric(r, 'records_missing_total{field="event"}'), 1);
    assert.equal(await metric(r, "records_ignored_total"), 0);
  });

  test("`accept: audit` answers and ignores records without any audit attribute, and counts them", async (t) => {
    const r = await startTestReceiver(t, { settings: { accept: "audit" } });
    await send(r, plain, auditRecord("a"), { ...plain, attributes: [attribute("audit.action", "READ")] });
    assert.equal((await r.lines()).length, 2);
    assert.equal(await metric(r, "records_ignored_total"), 1);
  });

  test("attributes that a sender dropped are counted", async (t) => {
    const r = await startTestReceiver(t);
    await send(r, { ...auditRecord("a"), droppedAttributesCount: 7 });
    assert.equal(await metric(r, "record_attributes_dropped_total"), 7);
  });
});
