// otlp.ts: OTLP log requests for tests, made by another implementation than ours: protobufjs with the official .proto files of
// test/proto. Knows nothing of our decoders.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

export interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  /** int64 in decimal digits. */
  intValue?: string;
  doubleValue?: number;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: KeyValue[] };
  bytesValue?: Uint8Array;
}
export interface KeyValue {
  key?: string;
  value?: AnyValue;
}
export interface OtlpLogRecord {
  /** fixed64 in decimal digits. */
  timeUnixNano?: string;
  observedTimeUnixNano?: string;
  severityNumber?: number;
  severityText?: string;
  body?: AnyValue;
  attributes?: KeyValue[];
  droppedAttributesCount?: number;
  flags?: number;
  traceId?: Uint8Array;
  spanId?: Uint8Array;
  eventName?: string;
}
export interface OtlpScope {
  name?: string;
  version?: string;
  attributes?: KeyValue[];
  droppedAttributesCount?: number;
}
export interface OtlpResource {
  attributes?: KeyValue[];
  droppedAttributesCount?: number;
  entityRefs?: { schemaUrl?: string; type?: string; idKeys?: string[] }[];
}
export interface ScopeLogs {
  scope?: OtlpScope;
  logRecords?: OtlpLogRecord[];
  schemaUrl?: string;
}
export interface ResourceLogs {
  resource?: OtlpResource;
  scopeLogs?: ScopeLogs[];
  schemaUrl?: string;
}
export interface OtlpRequest {
  resourceLogs?: ResourceLogs[];
}

const protoFolder = join(dirname(fileURLToPath(import.meta.url)), "../proto");
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(protoFolder, target);
root.loadSync("opentelemetry/proto/collector/logs/v1/logs_service.proto");

export type MessageType = protobuf.Type;
export type MessageField = protobuf.Field;

/** A message type by its name without `opentelemetry.proto.`, e.g. `logs.v1.LogRecord`. */
export function messageType(name: string): MessageType {
  return root.lookupType(`opentelemetry.proto.${name}`);
}

export const ExportLogsServiceRequest: MessageType = messageType("collector.logs.v1.ExportLogsServiceRequest");

/** Any message in our form as protobuf bytes. A plain Uint8Array with a buffer of its own. */
export function encodeMessage(type: MessageType, message: object): Uint8Array {
  return new Uint8Array(type.encode(type.fromObject(message)).finish());
}

export function encodeRequest(request: OtlpRequest): Uint8Array {
  return encodeMessage(ExportLogsServiceRequest, request);
}

/** What protobufjs reads: fields absent on the wire are absent, 64-bit numbers are digits. */
export function decodeRequest(bytes: Uint8Array): OtlpRequest {
  return ExportLogsServiceRequest.toObject(ExportLogsServiceRequest.decode(bytes), { longs: String }) as OtlpRequest;
}

/** Stands for what JSON.stringify would write as 0. */
const MINUS_ZERO = "\u{e000}minus zero";

/** The request as OTLP/JSON: hex ids, base64 bytes, 64-bit numbers as strings. */
export function requestToJson(request: OtlpRequest): string {
  return JSON.stringify(request, function (this: unknown, key: string, value: unknown): unknown {
    if (value instanceof Uint8Array) return Buffer.from(value).toString(key === "traceId" || key === "spanId" ? "hex" : "base64");
    if (Object.is(value, -0)) return MINUS_ZERO;
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  }).replaceAll(`"${MINUS_ZERO}"`, "-0.0");
}

/** Numbers from 0 up to, not including, 1; the same for the same seed. mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A batch as an SDK sends it: audit records of about 850 bytes, a dozen attributes each, one resource and scope. */
export function auditRequest(o: { seed: number; records: number }): OtlpRequest {
  const random = seededRandom(o.seed);
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
  const hex = (count: number): string => Buffer.from(bytes(count)).toString("hex");
  const pick = (...of: string[]): string => of[Math.floor(random() * of.length)]!;
  const logRecords = Array.from({ length: o.records }, (_, i): OtlpLogRecord => {
    const time = 1_795_209_243_000_000_000n + BigInt(i) * 1_234_567n;
    const attributes: [string, string][] = [
      ["audit.record.id", `01JD${hex(11).toUpperCase()}`],
      ["audit.actor.id", `user-${hex(6)}@example.com`],
      ["audit.actor.type", pick("user", "service", "system")],
      ["audit.action", pick("READ", "APPROVE", "UPDATE", "DELETE")],
      ["audit.outcome", pick("success", "failure")],
      ["audit.target.id", `invoice/${hex(8)}`],
      ["audit.target.type", "database.table"],
      ["audit.source.id", `10.0.${i % 256}.17`],
      ["proofline.request.id", `01JE${hex(11).toUpperCase()}`],
      ["proofline.workflow.id", `workflow-${hex(12)}`],
      [
        "proofline.reason",
        `The amount of ${i} is below the limit of the approver, the vendor is known since ${2000 + (i % 25)}, and both documents agree line by line.`,
      ],
    ];
    return {
      timeUnixNano: String(time),
      observedTimeUnixNano: String(time + 150_000n),
      severityNumber: 9,
      severityText: "INFO",
      eventName: pick("invoice.approved", "invoice.scored", "approval.granted", "tool.ledger_lookup"),
      body: {
        stringValue: `Invoice ${hex(8)} was read in step ${i}: three lines, two taxes, one payment term; each was compared with the order and with the receipt, and all of them agree.`,
      },
      attributes: attributes.map(([key, value]) => ({ key, value: { stringValue: value } })),
      flags: 1,
      traceId: bytes(16),
      spanId: bytes(8),
    };
  });
  return {
    resourceLogs: [
      {
        resource: {
          attributes: [
            { key: "service.name", value: { stringValue: "invoice-service" } },
            { key: "service.version", value: { stringValue: "4.2.0" } },
            { key: "process.pid", value: { intValue: "4711" } },
          ],
        },
        scopeLogs: [{ scope: { name: "@proofline/instrumentation", version: "0.1.0" }, logRecords }],
        schemaUrl: "https://opentelemetry.io/schemas/1.44.0",
      },
    ],
  };
}

const TEXTS = [
  "",
  "a",
  "key",
  "audit.actor.id",
  "service.name",
  "é",
  "日本語",
  "🙂 smile",
  'tab\t"quote"\\',
  "\u0000",
  "\ufffd",
  "__proto__",
  "$int",
  "a longer text than one byte of length can tell: ".repeat(8),
];
const KEYS = TEXTS.filter((text) => text.length < 100);
const INTS = [
  "0",
  "1",
  "-1",
  "127",
  "128",
  "9007199254740991",
  "-9007199254740991",
  "9007199254740992",
  "-9007199254740992",
  "9223372036854775807",
  "-9223372036854775808",
];
const DOUBLES = [0, -0, 1, 1.5, -1e300, 5e-324, Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const TIMES = ["0", "1", "1795209243123456789", "9007199254740993", "18446744073709551615"];

/** Any request that the schema allows, small, of every kind of field and value; the same for the same seed. */
export function randomRequest(seed: number): OtlpRequest {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(of: readonly T[]): T => of[below(of.length)]!;
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => below(256));
  const list = <T>(limit: number, make: () => T): T[] => Array.from({ length: below(limit + 1) }, make);
  /** Each field there or not. */
  const some = <T extends object>(fields: { [K in keyof T]-?: () => T[K] }): T => {
    const entries = Object.entries(fields as Record<string, () => unknown>);
    return Object.fromEntries(entries.filter(() => random() < 0.6).map(([name, make]) => [name, make()])) as T;
  };
  const value = (depth: number): AnyValue => {
    const scalars: (() => AnyValue)[] = [
      () => ({}),
      () => ({ stringValue: pick(TEXTS) }),
      () => ({ boolValue: random() < 0.5 }),
      () => ({ intValue: pick(INTS) }),
      () => ({ doubleValue: pick(DOUBLES) }),
      () => ({ bytesValue: bytes(below(5)) }),
    ];
    if (depth >= 4) return pick(scalars)();
    return pick<() => AnyValue>([
      ...scalars,
      () => ({ arrayValue: { values: list(3, () => value(depth + 1)) } }),
      () => ({ kvlistValue: { values: list(3, () => keyValue(depth + 1)) } }),
    ])();
  };
  const keyValue = (depth: number): KeyValue => some<Required<KeyValue>>({ key: () => pick(KEYS), value: () => value(depth) });
  const attributes = (): KeyValue[] => list(6, () => keyValue(1));
  const logRecord = (): OtlpLogRecord =>
    some<Required<OtlpLogRecord>>({
      timeUnixNano: () => pick(TIMES),
      observedTimeUnixNano: () => pick(TIMES),
      severityNumber: () => pick([0, 1, 9, 24, 2147483647, -1]),
      severityText: () => pick(TEXTS),
      body: () => value(1),
      attributes,
      droppedAttributesCount: () => pick([0, 1, 4294967295]),
      flags: () => pick([0, 1, 3, 255, 256, 4294967295]),
      traceId: () => pick([bytes(16), new Uint8Array(16), bytes(15), bytes(0)]),
      spanId: () => pick([bytes(8), new Uint8Array(8), bytes(9)]),
      eventName: () => pick(TEXTS),
    });
  const scopeLogs = (): ScopeLogs =>
    some<Required<ScopeLogs>>({
      scope: () =>
        some<Required<OtlpScope>>({
          name: () => pick(TEXTS),
          version: () => pick(TEXTS),
          attributes,
          droppedAttributesCount: () => pick([0, 7]),
        }),
      logRecords: () => list(4, logRecord),
      schemaUrl: () => pick(TEXTS),
    });
  const resourceLogs = (): ResourceLogs =>
    some<Required<ResourceLogs>>({
      resource: () =>
        some<Required<OtlpResource>>({
          attributes,
          droppedAttributesCount: () => pick([0, 7]),
          entityRefs: () => list(2, () => ({ schemaUrl: "s", type: "service", idKeys: ["service.name"] })),
        }),
      scopeLogs: () => list(3, scopeLogs),
      schemaUrl: () => pick(TEXTS),
    });
  return { resourceLogs: list(3, resourceLogs) };
}
