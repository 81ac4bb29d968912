// entry.ts: one line of the ledger as one OTLP LogRecord, rebuilt from what the line says, exact in every value; and the request that
// carries many. Knows no transport. Source: opentelemetry-proto v1.11.0, logs.proto, logs_service.proto.

import { type Line, LineError, parseLine } from "@proofline/event";
import type { Sendable } from "../delivery.ts";
import { attributesOnward } from "./marks.ts";
import { ReverseWriter } from "./reverse-writer.ts";
import { writeFields, writeValue } from "./value.ts";

export interface OtlpEntry extends Sendable {
  /** Unix nanoseconds. */
  readonly receivedNs: bigint;
  /** The content of a LogRecord. */
  readonly record: Uint8Array;
  /** Those fields of a ResourceLogs and of a ScopeLogs that do not hold records. Shared by neighbours. */
  readonly resource: Uint8Array;
  readonly scope: Uint8Array;
}

/** A line that cannot be made into a record. */
export interface UnsendableLine {
  readonly seq: number;
  readonly unsendable: string;
}

// ResourceLogs: resource 1, scope_logs 2, schema_url 3. Resource: attributes 1, dropped 2.
// ScopeLogs: scope 1, log_records 2, schema_url 3. InstrumentationScope: name 1, version 2, attributes 3, dropped 4.
const FIRST = 0x0a;
const SECOND = 0x12;
const THIRD = 0x1a;

/** Makes entries of lines. One for a sink: it remembers the last resource and scope, which neighbours share. */
export class EntryMaker {
  readonly #withLine: boolean;
  readonly #writer = new ReverseWriter();
  #resource: Uint8Array = new Uint8Array();
  #scope: Uint8Array = new Uint8Array();

  /** @param o.line whether the line itself goes along */
  constructor(o: { line: boolean }) {
    this.#withLine = o.line;
  }

  /** Total: any bytes give an entry or an {@link UnsendableLine}. Cost: one parse of the line and one hash. */
  entryFor(seq: number, bytes: Uint8Array): OtlpEntry | UnsendableLine {
    let line: Line;
    try {
      line = parseLine(bytes);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      return { seq, unsendable: `this is not a line of a ledger: ${error.message}` };
    }
    const record = this.#record(line, bytes);
    const resource = same(this.#resource, this.#resourceOf(line));
    const scope = same(this.#scope, this.#scopeOf(line));
    this.#resource = resource;
    this.#scope = scope;
    return { seq, receivedNs: line.received, record, resource, scope, bytes: record.length + 4 };
  }

  #record(line: Line, bytes: Uint8Array): Uint8Array {
    const w = this.#writer;
    const text = this.#withLine ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8") : undefined;
    w.textField(0x62, line.event);
    if (line.observed !== 0n) {
      w.fixed64(line.observed);
      w.byte(0x59);
    }
    idField(w, 0x52, line.spanId);
    idField(w, 0x4a, line.traceId);
    if (line.flags !== 0) {
      w.fixed32(line.flags);
      w.byte(0x45);
    }
    countField(w, 0x38, line.droppedAttributes);
    writeFields(w, attributesOnward(line, bytes, text), 0x32);
    if (line.body !== undefined) {
      const mark = w.length;
      writeValue(w, line.body);
      w.field(0x2a, mark);
    }
    w.textField(0x1a, line.severityText);
    if (line.severity !== 0) {
      w.int64(line.severity);
      w.byte(0x10);
    }
    if (line.time !== 0n) {
      w.fixed64(line.time);
      w.byte(0x09);
    }
    return w.take();
  }

  #resourceOf({ resource }: Line): Uint8Array {
    const w = this.#writer;
    w.textField(THIRD, resource.schemaUrl);
    const mark = w.length;
    countField(w, 0x10, resource.droppedAttributes);
    writeFields(w, resource.attributes, FIRST);
    if (w.length > mark) w.field(FIRST, mark);
    return w.take();
  }

  #scopeOf({ scope }: Line): Uint8Array {
    const w = this.#writer;
    w.textField(THIRD, scope.schemaUrl);
    const mark = w.length;
    countField(w, 0x20, scope.droppedAttributes);
    writeFields(w, scope.attributes, THIRD);
    w.textField(SECOND, scope.version);
    w.textField(FIRST, scope.name);
    if (w.length > mark) w.field(FIRST, mark);
    return w.take();
  }
}

/** An ExportLogsServiceRequest. Records keep their order; neighbours of one resource and scope share an envelope. */
export function formatRequest(entries: readonly OtlpEntry[]): Uint8Array {
  const w = new ReverseWriter();
  for (let last = entries.length - 1; last >= 0; ) {
    const { resource } = entries[last]!;
    const ofResource = w.length;
    while (last >= 0 && entries[last]!.resource === resource) {
      const { scope } = entries[last]!;
      const ofScope = w.length;
      for (; last >= 0 && entries[last]!.resource === resource && entries[last]!.scope === scope; last -= 1) {
        const mark = w.length;
        w.raw(entries[last]!.record);
        w.field(SECOND, mark);
      }
      w.raw(scope);
      w.field(SECOND, ofScope);
    }
    w.raw(resource);
    w.field(FIRST, ofResource);
  }
  return w.take();
}

/** The earlier bytes when they are equal: neighbours are recognised by identity. */
function same(earlier: Uint8Array, bytes: Uint8Array): Uint8Array {
  return Buffer.compare(earlier, bytes) === 0 ? earlier : bytes;
}

function idField(w: ReverseWriter, tag: number, hex: string): void {
  if (hex === "") return;
  const mark = w.length;
  w.raw(Buffer.from(hex, "hex"));
  w.field(tag, mark);
}

function countField(w: ReverseWriter, tag: number, count: number): void {
  if (count === 0) return;
  w.varint(count);
  w.byte(tag);
}
