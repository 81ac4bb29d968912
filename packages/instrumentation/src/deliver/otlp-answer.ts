// otlp-answer.ts: reads the receiver's answer. Strict: what is not clearly an acknowledgement is none, because an acknowledged
// event is forgotten here, and a proxy's friendly page must not make that happen. Source: OTLP 1.11.0, logs_service.proto.

/** What Proofline's receiver says of a record that it has made durable: its place in the ledger. */
export interface LedgerReceipt {
  readonly id: string;
  readonly log: string;
  /** The line's number in the log, from 0. */
  readonly seq: number;
  /** RFC 6962 leaf hash of the line, base64. */
  readonly leafHash: string;
}

export type Answer =
  | { readonly at: "acknowledged"; readonly receipts?: readonly LedgerReceipt[] }
  /** Some of the records were not taken; which ones, OTLP does not say. */
  | { readonly at: "partial"; readonly rejected: number; readonly reason: string }
  | { readonly at: "unreadable"; readonly reason: string };

/** @param body of a response with status 200 */
export function readAnswer(contentType: string, body: Uint8Array): Answer {
  const media = contentType.split(";", 1)[0]!.trim().toLowerCase();
  try {
    if (media === "application/x-protobuf" || media === "application/protobuf") return verdict(readProtobuf(body));
    if (media === "application/json") return verdict(readJson(body));
  } catch {
    return { at: "unreadable", reason: `an answer of type ${media} that is not an ExportLogsServiceResponse` };
  }
  return { at: "unreadable", reason: `an answer of type ${media === "" ? "(none)" : JSON.stringify(media)}, not of OTLP` };
}

interface Partial {
  rejected: number;
  reason: string;
  receipts?: readonly LedgerReceipt[];
}

/** A message with nothing rejected is a warning only. */
function verdict({ rejected, reason, receipts }: Partial): Answer {
  if (rejected > 0) return { at: "partial", rejected, reason };
  return { at: "acknowledged", ...(receipts !== undefined && { receipts }) };
}

function readJson(body: Uint8Array): Partial {
  const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("not an object");
  const partial = (value as { partialSuccess?: { rejectedLogRecords?: unknown; errorMessage?: unknown } | null }).partialSuccess;
  if (partial === undefined || partial === null) {
    const { receipts } = value as { receipts?: unknown };
    return { rejected: 0, reason: "", ...(receipts !== undefined && { receipts: readReceipts(receipts) }) };
  }
  const rejected = Number(partial.rejectedLogRecords ?? 0);
  if (!Number.isFinite(rejected)) throw new Error("not a number");
  return { rejected, reason: typeof partial.errorMessage === "string" ? partial.errorMessage : "" };
}

function readReceipts(value: unknown): LedgerReceipt[] {
  if (!Array.isArray(value)) throw new Error("receipts are no list");
  return value.map((item: unknown) => {
    const { id, log, seq, leaf_hash: leafHash } = (item ?? {}) as Record<string, unknown>;
    if (typeof id !== "string" || typeof log !== "string" || typeof leafHash !== "string") throw new Error("not a receipt");
    if (!Number.isSafeInteger(seq) || (seq as number) < 0) throw new Error("not a receipt");
    return { id, log, seq: seq as number, leafHash };
  });
}

function readProtobuf(body: Uint8Array): Partial {
  const found: Partial = { rejected: 0, reason: "" };
  eachField(body, (field, value) => {
    if (field !== 1 || !(value instanceof Uint8Array)) return;
    eachField(value, (inner, part) => {
      if (inner === 1 && typeof part === "number") found.rejected = part;
      if (inner === 2 && part instanceof Uint8Array) found.reason = Buffer.from(part).toString("utf8");
    });
  });
  return found;
}

function eachField(bytes: Uint8Array, visit: (field: number, value: number | Uint8Array) => void): void {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 10; shift++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("cut off");
      value += (byte & 127) * 2 ** (7 * shift);
      if (byte < 128) return value;
    }
    throw new Error("number too long");
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error("cut off");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        visit(field, varint());
        break;
      case 1:
        take(8);
        break;
      case 2:
        visit(field, take(varint()));
        break;
      case 5:
        take(4);
        break;
      default:
        throw new Error("unknown wire type");
    }
  }
}
