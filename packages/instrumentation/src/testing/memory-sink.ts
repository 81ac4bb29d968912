// memory-sink.ts: keeps records instead of delivering them. Acknowledged as soon as they are taken: a test waits for nobody.

import type { AuditLogRecord, Emitted, Place, Sink, SinkStats } from "../deliver/sink.ts";

const STREAM = "recorded";

export class MemorySink implements Sink {
  readonly records: AuditLogRecord[] = [];
  #recorded = 0;

  start(): void {}

  place(): Place {
    return { stream: STREAM, number: this.#recorded + 1 };
  }

  write(record: AuditLogRecord): void {
    this.#recorded++;
    this.records.push(record);
  }

  drop(): void {}

  async settled(_emitted: Emitted): Promise<undefined> {
    return undefined;
  }

  async synced(): Promise<void> {}

  block(): boolean {
    return true;
  }

  async room(): Promise<void> {}

  async flush(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}

  closeNow(): void {}

  stats(): SinkStats {
    const nothing = {
      refused: 0,
      dropped: 0,
      waiting: 0,
      waitingBytes: 0,
      takenOver: 0,
      oldestWaitingMs: 0,
      failures: 0,
      damagedBytes: 0,
    };
    return { ...nothing, recorded: this.#recorded, acknowledged: this.#recorded, stream: this.#recorded === 0 ? "" : STREAM };
  }
}
