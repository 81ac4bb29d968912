// check.ts: what must hold of every input, and the decoders that are held to it.

import { EventError, formatLine, formatTail, type LogRecord, parseLine } from "@proofline/event";
// The room itself, not the service around it: a worker loads nothing that it does not need.
import { type Decoded, DecodeError } from "../../packages/receiver/src/decode/decoded.ts";
import { decodeLogsJson } from "../../packages/receiver/src/decode/json.ts";
import { decodeLogsProtobuf } from "../../packages/receiver/src/decode/protobuf.ts";
import { difference } from "./direct.ts";
import { type Input, NEIGHBOUR } from "./input.ts";

/** An input that broke a rule. */
export class Found extends Error {
  override readonly name = "Found";
  readonly input: Input;
  constructor(what: string, input: Input, options?: ErrorOptions) {
    super(
      `${what} (${input.encoding}, ${input.kind}, seed ${input.seed}): ${Buffer.from(input.body).toString("base64").slice(0, 2000)}`,
      options,
    );
    this.input = input;
  }
}

export type Verdict = "refused" | "quarantined" | "understood";

/** Passes over a byte order mark, as the decoder does. */
const utf8 = new TextDecoder();
/** What the neighbour's line says, in either encoding. */
const neighbour = tailOf(
  decodeLogsJson(Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${NEIGHBOUR.json}]}]}]}`)).records[0]!.record,
);

/**
 * Decodes an input and holds it to the rules: a request or a DecodeError, nothing else; JSON or not as JSON.parse finds it; neighbours as they
 * were sent; every record spelled as a line that reads back the same; the direct path as the one over objects.
 * @throws {Found}
 */
export function check(input: Input): Verdict {
  // It costs more than all the rest: a quarter of the seeds.
  const differs = input.seed % 8 < 2 ? difference(input) : undefined;
  if (differs !== undefined) throw new Found(`differs from the path over objects: ${differs}`, input);
  let decoded: Decoded;
  try {
    decoded = (input.encoding === "json" ? decodeLogsJson : decodeLogsProtobuf)(input.body);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw new Found("threw something else than a DecodeError", input, { cause: error });
    if (input.kind === "record") throw new Found(`refused a sound envelope with ${error.code}`, input, { cause: error });
    if (input.encoding === "json" && error.code === "BAD_JSON" && isJson(input.body))
      throw new Found("found no JSON where there is some", input);
    return "refused";
  }
  const { records } = decoded;
  if (input.encoding === "json" && !isJson(input.body)) throw new Found("took for JSON what is none", input);
  if (input.kind !== "anything") {
    for (const one of [records[0], records.at(-1)])
      if (one === undefined || one.raw !== undefined || tailOf(one.record) !== neighbour)
        throw new Found("changed a neighbour", input);
    if (input.kind === "record" && records.length !== 3) throw new Found(`made ${records.length} records of 3`, input);
  }
  let quarantined = false;
  for (const { record, raw } of records) {
    quarantined ||= record.quarantine !== undefined;
    if (raw !== undefined && record.quarantine === undefined)
      throw new Found("kept the bytes of a record that it understood", input);
    roundTrip(record, input);
  }
  return quarantined ? "quarantined" : "understood";
}

function roundTrip(record: LogRecord, input: Input): void {
  if (tailOf(record) === undefined) return;
  const line = {
    ...record,
    id: record.id === "" ? "id" : record.id,
    log: "fuzz",
    seq: 1,
    prev: `${"A".repeat(43)}=`,
    received: 1n,
  };
  const text = formatLine(line);
  try {
    if (formatLine(parseLine(Buffer.from(text))) !== text) throw new Error("it reads back as another");
  } catch (error) {
    throw new Found("spelled a line that its own parser does not give back", input, { cause: error });
  }
}

/** Undefined when no line can say it, which the pipeline treats. */
function tailOf(record: LogRecord): string | undefined {
  try {
    return formatTail(record);
  } catch (error) {
    if (error instanceof EventError) return undefined;
    throw error;
  }
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(utf8.decode(bytes));
    return true;
  } catch {
    return false;
  }
}
