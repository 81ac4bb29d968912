// lock-watch.ts: whether this process may still write. Another one may have taken the lock over, because a person, or the start of a
// container, held this one for dead; or the whole folder has gone, and with it what an open file would still swallow.

import { LedgerError } from "./errors.ts";
import { LOCK_CHECK_MS, type Lock } from "./lock.ts";

const EVERY_NS = BigInt(LOCK_CHECK_MS) * 1_000_000n;

export class LockWatch {
  readonly #lock: Lock;
  readonly #path: string;
  readonly #now: () => bigint;
  #checked: bigint | undefined;

  constructor(lock: Lock, path: string, now: () => bigint) {
    this.#lock = lock;
    this.#path = path;
    this.#now = now;
  }

  /** Looks at most once a second; undefined when it need not. Rejects with a fatal LOCKED, or with the system's error. */
  check(): Promise<void> | undefined {
    const now = this.#now();
    const age = this.#checked === undefined ? EVERY_NS : now - this.#checked;
    // A clock that stepped back makes the look old, too: or it would be young for ever.
    if (age < EVERY_NS && age >= 0n) return undefined;
    this.#checked = now;
    return this.#look();
  }

  async #look(): Promise<void> {
    if (await this.#lock.isOurs()) return;
    throw new LedgerError(
      "LOCKED",
      `${this.#path} is not this process's lock any more: another process has taken the log over, or the folder is gone. ` +
        "Nothing more is written or acknowledged.",
      { fatal: true },
    );
  }
}
