// delivery.ts: gets entries accepted, in order, or finds out exactly which of them are refused. Retries what may pass for ever, halves
// what is too much, bisects what is refused. Keeps no cursor and writes no dead letter; knows no store.

import { type Answer, causeClass } from "./answer.ts";
import { type Backoff, delayMs } from "./backoff.ts";
import type { RetryCause, SinkMetrics, SinkWorld } from "./ports.ts";

export interface Sendable {
  readonly seq: number;
  /** About what it adds to a request. */
  readonly bytes: number;
}

/** One request and its answer. Rejects never; counts what was accepted. */
export type Push<E> = (part: readonly E[]) => Promise<Answer>;

export interface Refusal<E> {
  readonly entry: E;
  readonly reason: string;
}

export type Delivery<E> =
  | { readonly at: "done"; readonly accepted: number; readonly refused: readonly Refusal<E>[] }
  /** So many single entries in a row were refused for one cause that it is not the entries. */
  | { readonly at: "blocked"; readonly reason: string }
  | { readonly at: "stopped" };

export interface DeliveryOptions<E> {
  readonly push: Push<E>;
  readonly backoff: Backoff;
  /** Single refusals in a row, for one cause, that mean `blocked`. */
  readonly maxRefusedInRow: number;
  readonly world: SinkWorld;
  readonly metrics: SinkMetrics;
  /** Told of each failed try, and of the first one that passes after it. */
  readonly onTrouble: (cause: RetryCause, reason: string) => void;
  readonly onRecovered: () => void;
  /** Aborts: no new try. */
  readonly stopping: AbortSignal;
}

/** Failures in a row, by an answer, after which a large part is tried in halves. */
const HALVE_AFTER = 3;
const MIN_HALVED_BYTES = 64 * 1024;
/** Answers `failed` in a row after which a part is treated as refused. */
const FAILED_TRIES = 3;
/** How often an entry must fail, and one that is known to be good pass beside it, until the entry is to blame. */
const CONFIRMATIONS = 3;

type Side = Extract<Answer, { kind: "accepted" | "refused" | "failed" | "too-large" }>;

export class Deliverer<E extends Sendable> {
  readonly #o: DeliveryOptions<E>;
  /** Refused single entries in a row, across calls. */
  #run = 0;
  #runCause = "";
  /** The last entry that the store has taken. */
  #good: E | undefined;

  constructor(o: DeliveryOptions<E>) {
    this.#o = o;
  }

  /** @param entries by seq, not empty */
  async deliver(entries: readonly E[]): Promise<Delivery<E>> {
    const refused: Refusal<E>[] = [];
    const suspects: Refusal<E>[] = [];
    let accepted = 0;
    const todo: (readonly E[])[] = [entries]; // a stack: the next part in order is on top
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      const answer = await this.#settle(part);
      if (answer === undefined) return { at: "stopped" };
      if (answer.kind === "accepted") {
        accepted += part.length;
        this.#good = part.at(-1);
        this.#run = 0;
        continue;
      }
      if (part.length > 1) {
        const middle = part.length >> 1;
        todo.push(part.slice(middle), part.slice(0, middle));
        continue;
      }
      const refusal = { entry: part[0]!, reason: answer.reason };
      const suspect = answer.kind === "failed";
      // While nothing is known to be good, the entries after it may be: it is looked at again when one of them has passed.
      if (suspect && this.#good === undefined) {
        suspects.push(refusal);
        continue;
      }
      const verdict = suspect ? await this.#confirm(refusal) : { at: "refused" as const, refusal };
      if (verdict.at === "passed") accepted += 1;
      else if (verdict.at !== "refused") return verdict;
      else {
        refused.push(verdict.refusal);
        if (this.countRefusal(verdict.refusal.reason)) return { at: "blocked", reason: answer.reason };
      }
    }
    for (const suspect of suspects) {
      const verdict = await this.#confirm(suspect);
      if (verdict.at === "passed") accepted += 1;
      else if (verdict.at === "refused") refused.push(verdict.refusal);
      else return verdict;
    }
    return { at: "done", accepted, refused };
  }

  /** Whether the store takes what it took before. false when there is nothing that it took since the start. */
  async probe(): Promise<boolean> {
    return this.#good !== undefined && (await this.#settle([this.#good]))?.kind === "accepted";
  }

  /** Counts a refusal of a single entry. @returns whether there were too many in a row for one cause */
  countRefusal(reason: string): boolean {
    const cause = causeClass(reason);
    this.#run = cause === this.#runCause ? this.#run + 1 : 1;
    this.#runCause = cause;
    return this.#run >= this.#o.maxRefusedInRow;
  }

  /** The next refusal is the first in its row. */
  forgetRefusals(): void {
    this.#run = 0;
  }

  /** A store that is ill fails on good entries too: one is given up only when good ones pass beside it, again and again. */
  async #confirm({
    entry,
    reason,
  }: Refusal<E>): Promise<
    { at: "passed" } | { at: "refused"; refusal: Refusal<E> } | { at: "blocked"; reason: string } | { at: "stopped" }
  > {
    for (let round = 0; round < CONFIRMATIONS; round += 1) {
      if (!(await this.probe())) return this.#o.stopping.aborted ? { at: "stopped" } : { at: "blocked", reason };
      const answer = await this.#settle([entry]);
      if (answer === undefined) return { at: "stopped" };
      if (answer.kind === "accepted") return { at: "passed" };
      if (answer.kind === "refused") return { at: "refused", refusal: { entry, reason: answer.reason } };
    }
    return { at: "refused", refusal: { entry, reason } };
  }

  /** Tries until the store has taken a side on this part, or until it should be halved (`too-large`). undefined: stopped. */
  async #settle(part: readonly E[]): Promise<Side | undefined> {
    const { world, metrics, stopping } = this.#o;
    let answered = 0;
    let failed = 0;
    for (let failures = 1; !stopping.aborted; failures += 1) {
      const startedMs = performance.now();
      const answer = await this.#o.push(part);
      this.#o.metrics.asked((performance.now() - startedMs) / 1000);
      if (answer.kind === "accepted" || answer.kind === "refused") {
        if (failures > 1) this.#o.onRecovered();
        return answer;
      }
      if (answer.kind === "too-large") return answer;
      if (answer.kind === "again") {
        failures -= 1;
        continue;
      }
      if (answer.kind === "failed") failed += 1;
      if (answer.kind === "failed" && failed >= FAILED_TRIES) return answer;
      if (answer.kind === "busy") answered += 1;
      const bytes = part.reduce((sum, e) => sum + e.bytes, 0);
      if (answered >= HALVE_AFTER && part.length > 1 && bytes > MIN_HALVED_BYTES)
        return { kind: "too-large", reason: answer.reason };
      if (stopping.aborted) break;
      const cause = answer.kind === "failed" ? "busy" : answer.kind;
      metrics.retried(cause);
      this.#o.onTrouble(cause, answer.reason);
      const retryAfterMs = answer.kind === "busy" ? answer.retryAfterMs : undefined;
      await world.sleep(delayMs(failures, world.random, this.#o.backoff, retryAfterMs), stopping);
    }
    return undefined;
  }
}
