// status.ts: what a sink says about itself, and the rule that it says a thing once: when it begins and when it is over.

import type { RetryCause, SinkLog } from "./ports.ts";

export type SinkState = "starting" | "following" | "retrying" | "blocked" | "stopped";

export interface SinkStatus {
  readonly state: SinkState;
  /** The first seq that the store has not confirmed. */
  readonly next: number;
  /** Durable lines that the store has not confirmed. */
  readonly lagRecords: number;
  /** Age of the oldest of them; 0 when there is none, or when it was not read yet. */
  readonly lagSeconds: number;
  readonly deadLetters: number;
  /** What went wrong last, if it still does. */
  readonly lastError: string | undefined;
}

/** Written by the loop only. */
export class Condition {
  readonly #sink: string;
  readonly #log: SinkLog;
  state: SinkState = "starting";
  lastError: string | undefined;

  /** @param sink its name, which its events begin with */
  constructor(sink: string, log: SinkLog) {
    this.#sink = sink;
    this.#log = log;
  }

  trouble(cause: RetryCause, reason: string): void {
    const state = cause === "misconfigured" || cause === "blocked" ? "blocked" : "retrying";
    const news = this.state !== state;
    this.state = state;
    this.lastError = reason;
    if (news)
      this.#log(`${this.#sink}_${state === "blocked" ? "blocked" : "unavailable"}`, { cause, reason, advice: ADVICE[cause] });
  }

  fine(): void {
    if (this.lastError !== undefined) this.#log(`${this.#sink}_recovered`, {});
    this.state = "following";
    this.lastError = undefined;
  }
}

const ADVICE: Readonly<Record<RetryCause, string>> = {
  busy: "retried until it passes; nothing is lost, the lag grows",
  unreachable: "retried until it passes; nothing is lost, the lag grows",
  misconfigured: "check the URL, the credentials, the tenant if there is one, and both clocks; retried until it passes",
  blocked:
    "the store refuses one record after the other for the same cause: check its limits and what it expects; retried until it passes",
  disk: "the ledger cannot be read, or the list of refused records not be written; retried until it passes",
};
