// inherited.ts: the streams of dead processes that this one delivers. Finds them, keeps them alive under its name, lets them go.

import { utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Owner } from "../spool/owner.ts";
import { HEARTBEAT_FILE } from "../spool/spool.ts";
import type { Damage, StreamReader } from "../spool/stream-reader.ts";
import { release, takeOver } from "../spool/takeover.ts";

export class Inherited {
  readonly #o: { root: string; me: Owner; now: () => number; onDamage: (damage: Damage) => void; onFound: () => void };
  #streams: StreamReader[] = [];
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(o: { root: string; me: Owner; now: () => number; onDamage: (damage: Damage) => void; onFound: () => void }) {
    this.#o = o;
  }

  get streams(): readonly StreamReader[] {
    return this.#streams;
  }

  get waitingBytes(): number {
    return this.#streams.reduce((sum, stream) => sum + stream.waitingBytes, 0);
  }

  /** Looks for ownerless spools. One look at a time; failures are met again by the next one. */
  look(): Promise<void> {
    this.#closed = false;
    this.#looking = this.#looking
      .then(async () => {
        if (this.#closed) return;
        const found = await takeOver(this.#o);
        this.#streams = [...this.#streams, ...found];
        if (found.length > 0) this.#o.onFound();
      })
      .catch(() => undefined);
    return this.#looking;
  }

  /** Says for each that its owner, who is us, is alive. */
  beat(): void {
    const now = this.#o.now() / 1000;
    for (const stream of this.#streams) void utimes(join(stream.folder, HEARTBEAT_FILE), now, now).catch(() => undefined);
  }

  /** It is delivered. */
  async done(stream: StreamReader): Promise<void> {
    this.#streams = this.#streams.filter((other) => other !== stream);
    await stream.remove().catch(() => undefined);
  }

  has(stream: StreamReader): boolean {
    return this.#streams.includes(stream);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#looking;
    const streams = this.#streams;
    this.#streams = [];
    for (const stream of streams) await release(stream).catch(() => undefined);
  }
}
