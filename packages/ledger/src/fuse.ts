// fuse.ts: after one failed durable step nothing more is tried. Who holds the fuse cannot write once it is burnt.
// Why no retry: after a failed fsync the kernel may have dropped the pages and call them clean; the second fsync then "succeeds"
// (Rebello et al., "Can Applications Recover from fsync Failures?", 2020). Only a fresh start reads what is really there.

import { LedgerError, systemCode } from "./errors.ts";

export class Fuse {
  /** Why it burnt; set once, by burn(). */
  #error: LedgerError | undefined;
  readonly #listeners: ((error: LedgerError) => void)[] = [];
  /** Steps that are under way. */
  readonly #running = new Set<Promise<unknown>>();

  get error(): LedgerError | undefined {
    return this.#error;
  }

  /** Called once, at once when it burns, in the order of the calls to this. */
  onBurn(listener: (error: LedgerError) => void): void {
    this.#listeners.push(listener);
  }

  /** The first error wins; later ones are its consequences. */
  burn(error: LedgerError): LedgerError {
    if (this.#error !== undefined) return this.#error;
    this.#error = error;
    for (const listener of this.#listeners) listener(error);
    return error;
  }

  /**
   * Runs a durable step.
   * @param doing for the message: "syncing <path>"
   * @throws {LedgerError} fatal: the step failed, or an earlier one had
   */
  async guard<T>(doing: string, step: () => Promise<T>): Promise<T> {
    if (this.#error !== undefined) throw this.#error;
    const running = step();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw this.burn(asFatal(doing, error));
    } finally {
      this.#running.delete(running);
    }
  }

  /** In order: no further step begins, none fails on account of it, and no listener is called. */
  close(error: LedgerError): void {
    this.#error ??= error;
  }

  /** Resolves when no step is under way. Never rejects. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}

function asFatal(doing: string, error: unknown): LedgerError {
  if (error instanceof LedgerError && error.fatal) return error;
  const code = systemCode(error);
  const text = error instanceof Error ? error.message : String(error);
  return new LedgerError(
    code === "ENOSPC" || code === "EDQUOT" ? "DISK_FULL" : "IO",
    `${doing} failed: ${text}. Nothing more is written or acknowledged; the next start recovers what is on the disk.`,
    { fatal: true, cause: error },
  );
}
