// dropped.ts: the events that a policy let go, until the gap is an event of its own. Knows no spool.

import type { AuditErrorCode } from "../errors.ts";
import type { Notices } from "../notices.ts";

interface Gap {
  count: number;
  readonly code: AuditErrorCode;
  readonly sinceMs: number;
}

export class Dropped {
  readonly #notices: Notices;
  readonly #report: (count: number, code: AuditErrorCode, sinceMs: number) => void;
  #gap: Gap | undefined;
  #total = 0;

  constructor(notices: Notices, report: (count: number, code: AuditErrorCode, sinceMs: number) => void) {
    this.#notices = notices;
    this.#report = report;
  }

  get total(): number {
    return this.#total;
  }

  add(code: AuditErrorCode, nowMs: number): void {
    this.#total++;
    this.#gap ??= { count: 0, code, sinceMs: nowMs };
    this.#gap.count++;
    this.#notices.begin("drop", `events are being dropped (${code}) because the policy says so; stats().dropped counts them`);
  }

  /** There is room again. */
  settle(): void {
    const gap = this.#gap;
    if (gap === undefined) return;
    this.#gap = undefined;
    this.#notices.end("drop", `events are taken again; ${gap.count} were dropped`);
    this.#report(gap.count, gap.code, gap.sinceMs);
  }
}
