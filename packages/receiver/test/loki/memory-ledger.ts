// memory-ledger.ts: the reading side of a ledger, in memory, and lines for it. Its cursor survives a restart of the sink, as the file does.

import { emptyRecord, type Fields, formatLine } from "@proofline/event";
import type { SinkCursor, SinkLedger } from "../../src/sinks/ports.ts";

export interface LineOptions {
  readonly service?: string;
  readonly event?: string;
  readonly attributes?: Fields;
  readonly body?: string;
  readonly id?: string;
}

export class MemoryLedger implements SinkLedger {
  readonly name: string;
  readonly lines: Buffer[] = [];
  checkpoint: { size: number; note: string } = { size: 0, note: "log\n0\nroot\n\n— log sig\n" };
  /** What the cursor file holds. */
  saved = 0;
  readonly saves: number[] = [];
  readonly #listeners = new Set<(note: string, size: number) => void>();
  readonly #grown = new Set<() => void>();

  constructor(name = "audit.example.com/one") {
    this.name = name;
  }

  /** What a ledger would say; a test moves it. */
  sealed = 0;

  get size(): number {
    return this.lines.length;
  }

  /** Appends a line; `receivedNs` must increase. */
  add(receivedNs: bigint, o: LineOptions = {}): this {
    const seq = this.lines.length;
    const record = emptyRecord();
    record.id = o.id ?? `id-${seq}`;
    record.event = o.event ?? "thing.done";
    record.attributes = o.attributes ?? new Map([["audit.actor.id", "ann"]]);
    record.body = o.body;
    if (o.service !== undefined)
      record.resource = { schemaUrl: "", attributes: new Map([["service.name", o.service]]), droppedAttributes: 0 };
    const prev = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    return this.addRaw(Buffer.from(formatLine({ ...record, log: this.name, seq, prev, received: receivedNs })));
  }

  addRaw(line: Buffer): this {
    this.lines.push(line);
    for (const wake of this.#grown) wake();
    return this;
  }

  sign(note = `${this.name}\n${this.size}\nroot${this.size}=\n\n— ${this.name} signature${this.size}\n`): this {
    this.checkpoint = { size: this.size, note };
    for (const listener of this.#listeners) listener(note, this.size);
    return this;
  }

  read(from: number, o: { maxBytes: number; maxLines: number }): Promise<{ seq: number; line: Uint8Array }[]> {
    const out: { seq: number; line: Uint8Array }[] = [];
    let bytes = 0;
    for (let seq = from; seq < this.size && out.length < o.maxLines; seq += 1) {
      const line = this.lines[seq]!;
      bytes += line.length;
      if (out.length > 0 && bytes > o.maxBytes) break;
      out.push({ seq, line });
    }
    return Promise.resolve(out);
  }

  grown(after: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (this.size <= after) return;
        this.#grown.delete(check);
        resolve();
      };
      this.#grown.add(check);
      signal?.addEventListener("abort", () => {
        this.#grown.delete(check);
        reject(new Error("aborted"));
      });
      check();
    });
  }

  /** Other sinks' cursors, by name. */
  readonly cursors = new Map<string, number>();

  openCursor(sink: string): Promise<SinkCursor> {
    if (sink.endsWith(".confirmed")) {
      const { cursors } = this;
      return Promise.resolve({
        get next() {
          return cursors.get(sink) ?? 0;
        },
        save: async (next: number) => void cursors.set(sink, next),
      });
    }
    return Promise.resolve({
      next: this.saved,
      save: (next: number) => {
        this.saved = next;
        this.saves.push(next);
        return Promise.resolve();
      },
    });
  }

  checkpoints(listener: (note: string, size: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  texts(): string[] {
    return this.lines.map((line) => line.toString("utf8"));
  }
}
