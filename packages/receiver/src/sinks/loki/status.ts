// status.ts: what the sink says about itself, and the rule that it says a thing once: when it begins and when it is over.

import type { LokiLog, RetryCause } from "./ports.ts";

export type LokiState = "starting" | "following" | "retrying" | "blocked" | "stopped";

export interface LokiStatus {
  readonly state: LokiState;
  /** The first seq that Loki has not confirmed. */
  readonly next: number;
  /** Durable lines that Loki has not confirmed. */
  readonly lagRecords: number;
  /** Age of the oldest of them; 0 when there is none, or when it was not read yet. */
  readonly lagSeconds: number;
  readonly deadLetters: number;
  /** What went wrong last, if it still does. */
  readonly lastError: string | undefined;
}

/** Written by the loop only. */
export class Condition {
  readonly #log: LokiLog;
  state: LokiState = "starting";
  lastError: string | undefined;

  constructor(log: LokiLog) {
    this.#log = log;
  }

  trouble(cause: RetryCause, reason: string): void {
    const state = cause === "misconfigured" || cause === "blocked" ? "blocked" : "retrying";
    const news = this.state !== state;
    this.state = state;
    this.lastError = reason;
    if (news) this.#log(state === "blocked" ? "loki_blocked" : "loki_unavailable", { cause, reason, advice: ADVICE[cause] });
  }

  fine(): void {
    if (this.lastError !== undefined) this.#log("loki_recovered", {});
    this.state = "following";
    this.lastError = undefined;
  }
}

const ADVICE: Readonly<Record<RetryCause, string>> = {
  busy: "retried until it passes; nothing is lost, the lag grows",
  unreachable: "retried until it passes; nothing is lost, the lag grows",
  misconfigured: "check the URL, the tenant, the credentials and both clocks; retried until it passes",
  blocked:
    "Loki refuses one entry after the other for the same cause: check its limits and this sink's labels; retried until it passes",
  disk: "the list of refused entries cannot be written; retried until it passes",
};
