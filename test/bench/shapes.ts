// shapes.ts: the two kinds of record that the benchmarks send, as ready OTLP protobuf bodies.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

/** `audit`: an audit event of about 850 bytes with an id of its own. `telemetrygen`: what that tool sends: a short body, two attributes, no id. */
export type Shape = "audit" | "telemetrygen";

export interface Body {
  readonly bytes: Buffer;
  /** Gives every record of the body an id that no other connection or request has. Costs eight bytes a record. */
  renumber(request: number): void;
}

const protos = resolve(dirname(fileURLToPath(import.meta.url)), "../proto");
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(protos, target);
root.loadSync("opentelemetry/proto/collector/logs/v1/logs_service.proto");
const Request = root.lookupType("opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest");

const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
const count = (key: string, value: number): object => ({ key, value: { intValue: value } });

/** In every id: this run and the connection; the request, replaced in place; the record. */
const ID_MARK = "bench-id-";
const REQUEST_DIGITS = 8;
const run = String(Date.now() % 1_000_000).padStart(6, "0");

function idOf(connection: number, record: number): string {
  return `${ID_MARK}${"0".repeat(REQUEST_DIGITS)}-${run}${connection}-${String(record).padStart(5, "0")}`;
}

function auditRecord(connection: number, index: number): object {
  return {
    timeUnixNano: "1763680443120000000",
    observedTimeUnixNano: "1763680443120500000",
    severityNumber: 9,
    eventName: "invoice.approved",
    traceId: Buffer.from("5b8efff798038103d269b633813fc60c", "hex"),
    spanId: Buffer.from("eee19b7ec3c1b174", "hex"),
    flags: 1,
    body: {
      stringValue: `Invoice ${index} approved after a second look at the supplier's bank account and the order it belongs to`,
    },
    attributes: [
      text("audit.record.id", idOf(connection, index)),
      text("audit.actor.id", `user-${index % 97}`),
      text("audit.actor.type", "user"),
      text("audit.action", "APPROVE"),
      text("audit.outcome", "success"),
      text("audit.target.id", `invoice-${index}`),
      text("audit.target.type", "invoice"),
      text("enduser.email", `person${index % 97}@example.com`),
      text("session.password", "correct horse battery staple"),
      text("gen_ai.request.model", "risk-scorer-2-2026-10"),
      count("gen_ai.usage.input_tokens", 412 + (index % 100)),
      text("proofline.policy.version", "2026-10-01"),
      text(
        "http.request.header.user_agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0",
      ),
      text("url.path", "/api/v2/invoices/approve"),
      text("client.address", "10.20.30.40"),
    ],
  };
}

function telemetrygenRecord(): object {
  return {
    timeUnixNano: "1763680443120000000",
    severityNumber: 9,
    severityText: "Info",
    body: { stringValue: "the message" },
    attributes: [text("app", "server"), text("service.name", "telemetrygen")],
  };
}

export function bodyOf(shape: Shape, batch: number, connection = 0): Body {
  const resourceLogs = [
    {
      resource: {
        attributes: [
          text("service.name", shape === "audit" ? "invoice-service" : "telemetrygen"),
          text("service.version", "1.4.2"),
        ],
      },
      scopeLogs: [
        {
          scope: { name: "bench" },
          logRecords: Array.from({ length: batch }, (_, i) =>
            shape === "audit" ? auditRecord(connection, i) : telemetrygenRecord(),
          ),
        },
      ],
    },
  ];
  const bytes = Buffer.from(Request.encode(Request.fromObject({ resourceLogs })).finish());
  const offsets: number[] = [];
  for (let at = bytes.indexOf(ID_MARK); at >= 0; at = bytes.indexOf(ID_MARK, at + 1)) offsets.push(at + ID_MARK.length);
  return {
    bytes,
    renumber(request) {
      const digits = Buffer.from(String(request).padStart(REQUEST_DIGITS, "0"));
      for (const offset of offsets) for (let i = 0; i < REQUEST_DIGITS; i++) bytes[offset + i] = digits[i]!;
    },
  };
}
