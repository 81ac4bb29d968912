// direct.ts: the receiver's path from bytes to bytes, held against the one over objects: the same lines, or the same refusal.

import { compilePolicy, defaultPolicy } from "@proofline/redaction";
import { DecodeError, defaultDecodeLimits } from "../../packages/receiver/src/decode/decoded.ts";
import { decodeLogsJson } from "../../packages/receiver/src/decode/json.ts";
import { decodeLogsProtobuf } from "../../packages/receiver/src/decode/protobuf.ts";
import type { PreparedRequest } from "../../packages/receiver/src/pipeline/prepared-request.ts";
import { RequestPreparer } from "../../packages/receiver/src/pipeline/request-preparer.ts";
import type { Input } from "./input.ts";

function preparer(): RequestPreparer {
  return new RequestPreparer({
    redactor: compilePolicy(defaultPolicy, { key: new Uint8Array(32).fill(7) }),
    seal: (bytes) => bytes,
    nextId: () => "01JD0000000000000000000000",
    accept: "all",
    maxTailBytes: 65_000,
    idKey: Uint32Array.from([1, 2]),
    limits: defaultDecodeLimits,
  });
}

const direct = preparer();
const reference = preparer();

/** Undefined when both say the same, else what differs. */
export function difference({ encoding, body }: Input): string | undefined {
  const decode = encoding === "json" ? decodeLogsJson : decodeLogsProtobuf;
  const fast = orRefused(() => direct.prepare(body, encoding, "writer"));
  const long = orRefused(() => reference.prepareDecoded(decode(body), "writer"));
  if (typeof fast === "string" || typeof long === "string")
    return fast === long ? undefined : [fast, long].map((one) => (typeof one === "string" ? one : "records")).join(" and ");
  if (fast.records !== long.records) return `${fast.records} and ${long.records} records`;
  if (!same(fast.tails.ends, long.tails.ends)) return "lines of other lengths";
  const end = long.tails.ends.at(-1) ?? 0;
  if (!same(fast.tails.bytes.subarray(0, end), long.tails.bytes.subarray(0, end))) return "other lines";
  if (!same(fast.quarantines, long.quarantines)) return "other quarantines";
  const objects = fast.objects.every((bytes, i) => same(bytes, long.objects[i] ?? new Uint8Array()));
  return objects && fast.objects.length === long.objects.length ? undefined : "other objects";
}

function orRefused(prepare: () => PreparedRequest): PreparedRequest | string {
  try {
    return prepare();
  } catch (error) {
    if (error instanceof DecodeError) return `${error.code} ${error.message}`;
    throw error;
  }
}

function same(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const bytes = (view: ArrayBufferView): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return bytes(a).equals(bytes(b));
}
