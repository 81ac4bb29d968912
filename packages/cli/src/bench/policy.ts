// policy.ts: what a policy costs on a sample: decoding, redacting and spelling it as lines, again and again, on one thread. Writes nothing.

import { formatTail, liftAudit } from "@proofline/event";
import { decodeLogsJson, defaultDecodeLimits, RecordRedactor } from "@proofline/receiver";
import { compilePolicy, type Policy } from "@proofline/redaction";

export interface PolicyCost {
  /** Records in the sample. */
  readonly records: number;
  /** Bytes of a record's tail, on average. */
  readonly bytesPerRecord: number;
  /** Redactions in one round of the sample. */
  readonly redactions: number;
  /** Each for one record. */
  readonly decodeUs: number;
  readonly redactUs: number;
  readonly formatUs: number;
}

/**
 * @param sample an OTLP export request for logs, JSON
 * @param ms about how long to go on
 * @throws {DecodeError}
 */
export function measurePolicy(sample: Uint8Array, policy: Policy, ms: number): PolicyCost {
  const redactor = compilePolicy(policy, { key: new Uint8Array(32).fill(1) });
  let [rounds, records, redactions, bytes] = [0, 0, 0, 0];
  let [decodeMs, redactMs, formatMs] = [0, 0, 0];
  const end = performance.now() + ms;
  do {
    const began = performance.now();
    const decoded = decodeLogsJson(sample, defaultDecodeLimits).records.map(({ record }) => record);
    const wasDecoded = performance.now();
    const recordRedactor = new RecordRedactor(redactor);
    redactions = 0;
    for (const record of decoded) {
      liftAudit(record);
      redactions += recordRedactor.redact(record).length;
    }
    const wasRedacted = performance.now();
    bytes = 0;
    for (const record of decoded) {
      if (record.id === "") record.id = ASSIGNED_ID;
      bytes += Buffer.byteLength(formatTail(record));
    }
    formatMs += performance.now() - wasRedacted;
    redactMs += wasRedacted - wasDecoded;
    decodeMs += wasDecoded - began;
    records = decoded.length;
    rounds++;
  } while (records > 0 && performance.now() < end);
  const perRecord = (total: number): number => (records === 0 ? 0 : Math.round((total * 1e6) / (rounds * records)) / 1000);
  return {
    records,
    redactions,
    bytesPerRecord: records === 0 ? 0 : Math.round(bytes / records),
    ...{ decodeUs: perRecord(decodeMs), redactUs: perRecord(redactMs), formatUs: perRecord(formatMs) },
  };
}

/** As long as the one that the receiver would assign. */
const ASSIGNED_ID = "0".repeat(26);

/** Four kinds of record, one of which has something to redact in each of its parts. */
export function builtInSample(): Uint8Array {
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const audit = (i: number) => [
    attribute("audit.record.id", `sample-${i}`),
    attribute("audit.actor.id", `user-${i % 17}`),
    attribute("audit.actor.type", "user"),
    attribute("audit.action", "APPROVE"),
    attribute("audit.outcome", "success"),
    attribute("audit.target.id", `inv-${i}`),
  ];
  const bodies = [
    "invoice approved by the second reviewer after a check of the amounts and of the supplier's account",
    "sent to ann.example@example.com and to bob.example@example.com",
    JSON.stringify({ tool: "lookup", arguments: { account: "DE89370400440532013000", password: "hunter2" } }),
    "",
  ];
  const logRecords = Array.from({ length: 512 }, (_, i) => ({
    eventName: "invoice.approved",
    timeUnixNano: "1795209243000000000",
    severityNumber: 9,
    attributes: [...audit(i), ...(i % 4 === 1 ? [attribute("enduser.email", "ann.example@example.com")] : [])],
    body: { stringValue: bodies[i % 4]! },
  }));
  const resource = { attributes: [attribute("service.name", "billing"), attribute("host.name", "node-1")] };
  return Buffer.from(JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }));
}
