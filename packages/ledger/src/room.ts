// room.ts: whether there is room on the disk for what is to be written. Refusing beforehand costs a sender a retry; a write that fails
// costs the process. Knows bytes, not lines.

import type { Disk } from "./disk.ts";

export type Room = { readonly ok: true } | { readonly ok: false; readonly freeBytes: number; readonly neededBytes: number };

const MAX_AGE_NS = 1_000_000_000n;

export class DiskRoom {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #now: () => bigint;
  readonly #minFreeBytes: number;
  #freeBytes = 0;
  #measured: bigint | undefined;

  constructor(o: { disk: Disk; path: string; now: () => bigint; minFreeBytes: number }) {
    this.#disk = o.disk;
    this.#path = o.path;
    this.#now = o.now;
    this.#minFreeBytes = o.minFreeBytes;
  }

  /**
   * Whether `pendingBytes` more can be written with the reserve kept. The disk is asked at most once a second.
   * @param pendingBytes what was accepted and is not on the disk yet
   */
  check(pendingBytes: number): Room {
    const now = this.#now();
    const age = this.#measured === undefined ? MAX_AGE_NS : now - this.#measured;
    // A clock that stepped back makes the measurement old, too: or it would be young for ever.
    if (age >= MAX_AGE_NS || age < 0n) {
      this.#freeBytes = this.#disk.freeBytes(this.#path);
      this.#measured = now;
    }
    const neededBytes = this.#minFreeBytes + pendingBytes;
    return this.#freeBytes >= neededBytes ? { ok: true } : { ok: false, freeBytes: this.#freeBytes, neededBytes };
  }

  /** What was written since the last measurement counts until the next one. */
  wrote(bytes: number): void {
    this.#freeBytes -= bytes;
  }
}
