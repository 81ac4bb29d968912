// Every vector through both decoders, the lift and the fit, byte for byte: the same record gives the same line over protobuf and JSON.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { assignId, fitRecord, formatHead, formatLine, liftAudit, MAX_LINE_BYTES, maxHeadBytes, parseLine, Ref } from "@proofline/event";
import { type Decoded, decodeLogsJson, decodeLogsProtobuf, defaultDecodeLimits } from "@proofline/receiver";
import { cases } from "./cases.ts";
import type { Vector } from "./make-line-vectors.ts";
import { protobufHex } from "./otlp.ts";

const folder = new URL("./line/", import.meta.url);
const vectors = readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Vector);

/** What a receiver without redaction writes. */
function write({ head, id, writer = "" }: Vector, decoded: Decoded): Pick<Vector, "lines"> & { objects: NonNullable<Vector["objects"]> } {
  const objects: Ref[] = [];
  const store = (bytes: Uint8Array): Ref => {
    const ref = new Ref(createHash("sha256").update(bytes).digest("hex"), bytes.length);
    objects.push(ref);
    return ref;
  };
  const lines: string[] = [];
  let prev = head.prev;
  for (const { record, raw } of decoded.records) {
    liftAudit(record);
    if (record.id === "") assignId(record, id);
    record.writer = writer;
    if (record.quarantine !== undefined && raw !== undefined) record.quarantine = { ...record.quarantine, bytes: store(raw) };
    const { tail, moved } = fitRecord(record, MAX_LINE_BYTES - maxHeadBytes(head.log));
    for (const bytes of moved) store(bytes);
    const place = { log: head.log, seq: head.seq + lines.length, prev, received: BigInt(head.received) + BigInt(lines.length) };
    const line = formatHead(place) + tail;
    prev = createHash("sha256").update(Uint8Array.of(0)).update(line).digest("base64");
    lines.push(line);
  }
  return { lines, objects: objects.map(({ sha256, bytes }) => ({ sha256, bytes })) };
}

describe("line vectors", () => {
  for (const vector of vectors) {
    const { name, why, otlp, lines, objects = [] } = vector;
    const { protobuf, json } = otlp;
    test(`${name}: ${why}`, () => {
      assert.ok(lines.length > 0, "the vector has no lines");
      assert.ok(protobuf !== null || json !== null, "the vector has no input");
      if (protobuf !== null) {
        assert.deepEqual(write(vector, decodeLogsProtobuf(Buffer.from(protobuf, "hex"), defaultDecodeLimits)), { lines, objects });
      }
      if (json !== null) assert.deepEqual(write(vector, decodeLogsJson(Buffer.from(json), defaultDecodeLimits)), { lines, objects });
    });
    test(`${name}: its lines read back`, () => {
      for (const line of lines) assert.equal(formatLine(parseLine(Buffer.from(line))), line);
    });
  }

  test("there is one for each case, with the input that the case describes", () => {
    assert.deepEqual(vectors.map(({ name }) => name).toSorted(), cases.map(({ name }) => name).toSorted());
    for (const { name, request, protobuf, json } of cases) {
      const otlp = vectors.find((vector) => vector.name === name)?.otlp;
      assert.equal(otlp?.protobuf, protobuf === null ? null : (protobuf?.(protobufHex(request)) ?? protobufHex(request)), name);
      assert.equal(otlp?.json, json === null ? null : (json?.(request.json) ?? request.json), name);
    }
  });
});
