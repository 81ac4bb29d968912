// commit-limit.ts: how long the caller of a commit wants to wait, as one signal. Knows no spool.

import { AuditError } from "../errors.ts";

/** The caller's own limits on a commit, as one signal with an AuditError for its reason. */
export class CommitLimit {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #given: AbortSignal | undefined;
  spooled = false;

  constructor({ timeoutMs, signal }: { timeoutMs?: number | undefined; signal?: AbortSignal | undefined }) {
    this.#given = signal;
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(() => this.#end("TIMEOUT", `not acknowledged within ${timeoutMs} ms`), timeoutMs);
    }
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  readonly #onAbort = (): void => this.#end("ABORTED", "the caller gave up waiting", this.#given?.reason);

  #end(code: "TIMEOUT" | "ABORTED", message: string, cause?: unknown): void {
    this.#abort.abort(new AuditError(code, message, { cause, spooled: this.spooled }));
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#given?.removeEventListener("abort", this.#onAbort);
  }
}
