// intake.ts: one request to /v1/audit, from its body to its receipts: either every record of it is durable, or nothing of it was
// written. Source: OTEP 0267 (draft), "/v1/audit": no partial success, no quarantine, a conflict is told. Knows no HTTP.

import { contentDigest, type LogRecord } from "@proofline/event";
import type { Ledger } from "@proofline/ledger";
import type { Redactor } from "@proofline/redaction";
import { type DecodedRecord, DecodeError, type DecodeLimits } from "../decode/decoded.ts";
import { decodeLogsJson } from "../decode/json.ts";
import { decodeLogsProtobuf } from "../decode/protobuf.ts";
import { RequestError } from "../otlp/failure.ts";
import type { Encoding } from "../otlp/media-type.ts";
import type { Gate } from "../pipeline/gate.ts";
import { toRequestError } from "../pipeline/intake.ts";
import { storeAll } from "../pipeline/pipeline.ts";
import { prepare } from "../pipeline/prepare.ts";
import { RecordRedactor } from "../pipeline/redact.ts";
import { Tally } from "../pipeline/tally.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type KnownLine, readHashes, readKnown } from "./leaves.ts";
import { type AuditEntry, type Plan, planAll } from "./plan.ts";
import type { Receipt } from "./receipt.ts";

export interface AuditIntake {
  /**
   * Resolves when every record is durable, now or since earlier, with a receipt for each in the request's order.
   * @param writer who sent it, authenticated; "" for nobody known. Stands in every line of the request.
   * @throws {RequestError} then nothing of the request was written: conflict, malformed, too_many_records; or, to be sent again with the
   * same ids, not_durable and the others of the ledger: what of it is there, if anything, gets its receipts then
   */
  take(body: Uint8Array, encoding: Encoding, writer: string): Promise<readonly Receipt[]>;
  /** From the next request on. */
  replaceRedactor(redactor: Redactor): void;
}

export interface AuditIntakeOptions {
  readonly ledger: Pick<Ledger, "name" | "places" | "durable" | "append" | "putObject" | "maxTailBytes" | "read">;
  readonly gate: Gate;
  readonly redactor: Redactor;
  readonly seal: (bytes: Uint8Array) => Uint8Array;
  readonly nextId: () => string;
  readonly limits: DecodeLimits;
  readonly metrics: Metrics;
  /** Milliseconds of a clock that never steps. */
  readonly elapsedMs: () => number;
}

const MAX_SHOWN_ID = 100;

export function createAuditIntake(o: AuditIntakeOptions): AuditIntake {
  let { redactor } = o;
  return {
    replaceRedactor: (next) => {
      redactor = next;
    },
    async take(body, encoding, writer) {
      const startedMs = o.elapsedMs();
      try {
        const { records } = (encoding === "json" ? decodeLogsJson : decodeLogsProtobuf)(body, o.limits);
        if (writer !== "") for (const { record } of records) record.writer = writer;
        o.metrics.count("received", records.length, { transport: "http", encoding });
        const receipts = await takeAll(records, { ...o, redactor });
        // The ledger may have failed in the same moment: what it wrote then is not to be relied on.
        if (o.gate.state === "failed") throw o.gate.refusal()!;
        o.metrics.observe("ack", (o.elapsedMs() - startedMs) / 1000, { transport: "http" });
        return receipts;
      } catch (error) {
        const refused = error instanceof DecodeError ? "malformed" : error instanceof RequestError ? error.code : "";
        if (refused === "malformed" || refused === "conflict") o.metrics.count("auditRefused", 1, { cause: refused });
        throw toRequestError(error);
      }
    },
  };
}

async function takeAll(records: readonly DecodedRecord[], o: AuditIntakeOptions): Promise<Receipt[]> {
  const tally = new Tally();
  const objects: Uint8Array[] = [];
  const { ledger } = o;
  const to = { ...o, redactor: new RecordRedactor(o.redactor), maxTailBytes: ledger.maxTailBytes, objects, tally };
  const all = records.map((decoded, i): Entry => {
    checkUnderstood(decoded.record, i, records.length);
    const { record, tail } = prepare(decoded, to);
    checkUnderstood(record, i, records.length);
    return { id: record.id, content: contentDigest(record, tail), tail, record };
  });
  // If we stop here: objects that no line names. They are kept under their hash, so the next try finds them.
  if (objects.length > 0) await storeAll(objects, ledger);
  const { places, entries, appended, known } = await write(all, ledger);
  const first = (await appended)?.first ?? 0;
  const hashes = await readHashes(ledger, first, entries.length);
  for (const { record } of entries) tally.addAccepted(record.quarantine?.code);
  tally.duplicates = all.length - entries.length;
  tally.tell(o.metrics);
  return all.map(({ id }, i): Receipt => {
    const place = places[i]!;
    if ("seq" in place) return { log: ledger.name, seq: place.seq, id, leafHash: known.get(place.seq)!.hash };
    return { log: ledger.name, seq: first + place.entry, id, leafHash: hashes[place.entry]! };
  });
}

interface Entry extends AuditEntry {
  readonly record: LogRecord;
}

type Written = Extract<Plan<Entry>, { is: "possible" }> & {
  readonly appended: ReturnType<Ledger["append"]> | undefined;
  readonly known: ReadonlyMap<number, KnownLine>;
};

/**
 * The last plan and `append` are of one turn of the event loop: no other request can take one of the ids in between. A crash in the
 * write that follows may leave a beginning of the request durable; nobody was told, and the sender's next try finds it there.
 */
async function write(all: readonly Entry[], ledger: AuditIntakeOptions["ledger"]): Promise<Written> {
  const known = new Map<number, KnownLine>();
  for (;;) {
    const plan = planAll(all, ledger, known);
    switch (plan.is) {
      case "possible":
        return { ...plan, appended: plan.entries.length === 0 ? undefined : ledger.append(plan.entries), known };
      case "conflict":
        throw conflictError(plan, all);
      case "unread":
        // A sender gives up what it is told to be in conflict, and keeps no copy of what it has a receipt for: so that line must be there for good.
        for (const seq of plan.seqs) await ledger.durable(seq);
        for (const [seq, line] of await readKnown(ledger, plan.seqs)) known.set(seq, line);
    }
  }
}

function conflictError({ record, at }: Extract<Plan<Entry>, { is: "conflict" }>, all: readonly Entry[]): RequestError {
  const id = JSON.stringify(all[record]!.id.slice(0, MAX_SHOWN_ID));
  const where = "seq" in at ? `seq ${at.seq}` : `record ${at.earlier} of this request`;
  return new RequestError(
    "conflict",
    `record ${record}: id ${id} stands at ${where} with other content; nothing of the request was written`,
  );
}

function checkUnderstood({ quarantine }: LogRecord, i: number, count: number): void {
  if (quarantine === undefined) return;
  throw new RequestError(
    "malformed",
    `record ${i} (of ${count}, counted from 0) was not understood: ${quarantine.reason}; nothing of the request was written`,
  );
}
