// inherited.ts: the streams of dead processes that this one delivers. Finds them, keeps them alive under its name, lets them go.

import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { Heartbeats } from "../spool/heartbeats.ts";
import type { Owner } from "../spool/owner.ts";
import { HEARTBEAT_FILE } from "../spool/spool.ts";
import type { Damage, StreamReader } from "../spool/stream-reader.ts";
import { release, takeOver } from "../spool/takeover.ts";
import { onThreadGone } from "../spool/threads.ts";

export interface InheritedOptions {
  readonly root: string;
  readonly me: Owner;
  readonly now: () => number;
  /** A clock that is never set, in milliseconds. */
  readonly monotonicMs: () => number;
  readonly onDamage: (damage: Damage) => void;
  readonly onFound: () => void;
}

export class Inherited {
  readonly #o: InheritedOptions;
  readonly #heartbeats: Heartbeats;
  #streams: StreamReader[] = [];
  #forget: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(o: InheritedOptions) {
    this.#o = o;
    this.#heartbeats = new Heartbeats(o);
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
    this.#forget ??= onThreadGone(() => void this.look());
    this.#looking = this.#looking
      .then(async () => {
        if (this.#closed) return;
        const found = await takeOver({ ...this.#o, heartbeats: this.#heartbeats });
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
    this.#forget?.();
    this.#forget = undefined;
    await this.#looking;
    const streams = this.#streams;
    this.#streams = [];
    for (const stream of streams) await release(stream).catch(() => undefined);
  }
}
