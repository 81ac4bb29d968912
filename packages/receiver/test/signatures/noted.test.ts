// On a whole receiver: what a line says of a signature, that redaction comes afterwards, and that without keys nothing is said.
import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { loadConfig, startReceiver } from "@proofline/receiver";
import { attribute, type Request, toJson, toProtobuf } from "../support/otlp.ts";
import { startTestReceiver, type TestReceiver, temporaryFolder } from "../support/receiver.ts";

const SECRET = randomBytes(32);
const PATH = "attributes.audit.integrity.value";

/** @param email what is sent; the signature is over ann@example.com */
function requestOf(id: string, email = "ann@example.com"): Request {
  const fields = { "audit.actor.id": "ann", "audit.record.id": id, "user.email": "ann@example.com" };
  const attributes = Object.entries(fields).map(([name, value]) => `"${name}":{"stringValue":"${value}"}`);
  const payload = `{"attributes":{${attributes.join(",")}},"body":"read","event_name":"record.read","timestamp":"1763719200000000001"}`;
  const value = createHmac("sha256", SECRET).update(payload).digest("base64");
  const all = { ...fields, "user.email": email, "audit.integrity.value": value };
  const record = {
    eventName: "record.read",
    timeUnixNano: "1763719200000000001",
    body: { stringValue: "read" },
    attributes: Object.entries(all).map(([name, text]) => attribute(name, text)),
  };
  const resource = { attributes: [attribute("audit.integrity.algorithm", "HMAC-SHA256")] };
  return { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] };
}

async function withKey(t: TestContext, settings: Record<string, string> = {}): Promise<TestReceiver> {
  const file = join(await temporaryFolder(t), "hmac.key");
  await writeFile(file, SECRET.toString("base64"));
  return startTestReceiver(t, { settings: { "signatures.keys": JSON.stringify([{ id: "edge", file }]), ...settings } });
}

interface Line {
  readonly id: string;
  readonly attributes: Record<string, unknown>;
  readonly notes?: readonly { path: string; note: string }[];
}

async function signatureNotes(r: TestReceiver): Promise<Map<string, string | undefined>> {
  const lines = (await r.lines()).map((line) => JSON.parse(line) as Line);
  return new Map(lines.map(({ id, notes }) => [id, notes?.find(({ path }) => path === PATH)?.note]));
}

const JSON_TYPE = { "content-type": "application/json" };
const PROTOBUF_TYPE = { "content-type": "application/x-protobuf" };

describe("a signature's note", () => {
  for (const workers of ["0", "1"])
    test(`stands in the line over either encoding, checked before the redaction that changes what was signed (${workers} threads)`, async (t) => {
      const r = await withKey(t, { "ingest.workers": workers });
      assert.equal((await r.post(toJson(requestOf("json")), JSON_TYPE)).status, 200);
      assert.equal((await r.post(toProtobuf(requestOf("protobuf")), PROTOBUF_TYPE)).status, 200);
      assert.equal((await r.post(toProtobuf(requestOf("tampered", "bob@example.com")), PROTOBUF_TYPE)).status, 200);
      // Long enough to be given to another thread.
      const many = { resourceLogs: Array.from({ length: 100 }, (_, i) => requestOf(`many-${i}`).resourceLogs[0]!) };
      assert.equal((await r.post(toProtobuf(many), PROTOBUF_TYPE)).status, 200);
      const notes = Object.fromEntries(await signatureNotes(r));
      for (let i = 0; i < 100; i++) assert.equal(notes[`many-${i}`], "signature_valid");
      const { json, protobuf, tampered } = notes;
      assert.deepEqual(
        { json, protobuf, tampered },
        {
          json: "signature_valid",
          protobuf: "signature_valid",
          tampered: "signature_invalid",
        },
      );
      assert.ok(!(await r.lines()).some((line) => line.includes("ann@example.com")), "it was not redacted");
      const sent = requestOf("json").resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!.attributes!.at(-1)!.value;
      const [line] = (await r.lines()).map((text) => JSON.parse(text) as Line);
      assert.deepEqual({ stringValue: line!.attributes["audit.integrity.value"] }, sent);
      const metrics = await r.metrics();
      assert.match(metrics, /^proofline_record_signatures_total\{result="valid"\} 102$/m);
      assert.match(metrics, /^proofline_record_signatures_total\{result="invalid"\} 1$/m);
    });

  test("is not there when no keys are configured, nor on records without a signature", async (t) => {
    const without = await startTestReceiver(t);
    await without.post(toProtobuf(requestOf("a")), PROTOBUF_TYPE);
    assert.deepEqual([...(await signatureNotes(without))], [["a", undefined]]);
    assert.doesNotMatch(await without.metrics(), /record_signatures_total\{/);
    const r = await withKey(t);
    const request = requestOf("b");
    request.resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!.attributes!.pop();
    await r.post(toProtobuf(request), PROTOBUF_TYPE);
    assert.deepEqual([...(await signatureNotes(r))], [["b", undefined]]);
  });

  test("a request whose records were noted is a repeated one when it comes again", async (t) => {
    const r = await withKey(t);
    for (let i = 0; i < 2; i++) assert.equal((await r.post(toProtobuf(requestOf("again")), PROTOBUF_TYPE)).status, 200);
    assert.equal((await r.lines()).length, 1);
  });

  test("a key's file that is not one stops the start and names key and file", async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, "bad.key");
    await writeFile(file, "too short");
    const flags = {
      "signatures.keys": JSON.stringify([{ id: "edge", file }]),
      ...{ data: join(folder, "data"), "otlp.http": "127.0.0.1:0", "otlp.grpc": "127.0.0.1:0" },
    };
    await assert.rejects(startReceiver(loadConfig({ flags })), (error: Error & { code?: string }) => {
      assert.equal(error.code, "BAD_KEY_FILE");
      assert.match(error.message, /^signatures\.keys: the file of edge, .*bad\.key, holds no key/);
      assert.ok(!error.message.includes("too short"));
      return true;
    });
    assert.throws(() => loadConfig({ flags: { "signatures.keys": '[{"id":"x"}]' } }), /no path as the file of entry 1/);
    assert.throws(() => loadConfig({ flags: { "signatures.keys": '[{"id":"x","files":"y"}]' } }), /expected id, file/);
  });
});
