// delivery.ts: gets the entries of one stream accepted, in order, or finds out exactly which of them are refused.
// Retries what may pass for ever, halves what is too much, bisects what is refused. Keeps no cursor and writes no dead letter.

import { type Answer, causeClass } from "./answer.ts";
import { type Backoff, delayMs } from "./backoff.ts";
import { compressPush, formatPush } from "./encode.ts";
import type { LokiEntry } from "./entry.ts";
import type { LokiMetrics, LokiWorld, RetryCause } from "./ports.ts";
import { type TimeFloor, timestampFor } from "./timestamps.ts";
import type { Transport } from "./transport.ts";

export interface Refusal {
  readonly entry: LokiEntry;
  readonly reason: string;
}

export type Delivery =
  | { readonly at: "done"; readonly accepted: number; readonly refused: readonly Refusal[] }
  /** So many single entries in a row were refused for one cause that it is not the entries. */
  | { readonly at: "blocked"; readonly reason: string }
  | { readonly at: "stopped" };

export interface DeliveryOptions {
  readonly transport: Transport;
  readonly floor: TimeFloor;
  readonly backoff: Backoff;
  readonly gzip: boolean;
  /** Single refusals in a row, for one cause, that mean `blocked`. */
  readonly maxRefusedInRow: number;
  readonly world: LokiWorld;
  readonly metrics: LokiMetrics;
  /** Told of each failed try, and of the first one that passes after it. */
  readonly onTrouble: (cause: RetryCause, reason: string, failures: number) => void;
  readonly onRecovered: () => void;
  /** Aborts: no new try. */
  readonly stopping: AbortSignal;
  /** Aborts: the request in flight is given up. */
  readonly killed: AbortSignal;
}

/** Failures in a row, by an answer, after which a large part is tried in halves. */
const HALVE_AFTER = 3;
const MIN_HALVED_BYTES = 64 * 1024;

export class Deliverer {
  readonly #o: DeliveryOptions;
  /** Refused single entries in a row, across calls. */
  #run = 0;
  #runCause = "";

  constructor(o: DeliveryOptions) {
    this.#o = o;
  }

  /** @param entries of one stream, by seq, not empty */
  async deliver(entries: readonly LokiEntry[]): Promise<Delivery> {
    const refused: Refusal[] = [];
    let accepted = 0;
    const todo: (readonly LokiEntry[])[] = [entries]; // a stack: the next part in order is on top
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      const answer = await this.#push(part);
      if (answer === undefined) return { at: "stopped" };
      if (answer.kind === "accepted") {
        accepted += part.length;
        this.#run = 0;
        continue;
      }
      if (
        answer.kind === "refused" &&
        answer.oldestNs !== undefined &&
        this.#o.floor.learn(answer.oldestNs, this.#o.world.now())
      ) {
        todo.push(part); // the same entries again, no older than Loki says it takes
        continue;
      }
      if (part.length > 1) {
        const middle = part.length >> 1;
        todo.push(part.slice(middle), part.slice(0, middle));
        continue;
      }
      refused.push({ entry: part[0]!, reason: answer.reason });
      if (this.countRefusal(answer.reason)) return { at: "blocked", reason: answer.reason };
    }
    return { at: "done", accepted, refused };
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

  /** Tries until Loki has taken a side on this part, or until it should be halved (`too-large`). undefined: stopped. */
  async #push(part: readonly LokiEntry[]): Promise<Extract<Answer, { kind: "accepted" | "refused" | "too-large" }> | undefined> {
    const { world, metrics, stopping } = this.#o;
    let answered = 0;
    for (let failures = 1; !stopping.aborted; failures += 1) {
      const floorNs = this.#o.floor.at(world.now());
      const body = await compressPush(formatPush(part, floorNs), this.#o.gzip);
      const answer = await this.#o.transport.push(body, this.#o.killed);
      if (answer.kind === "accepted") {
        metrics.sent(part.length, body.bytes.length);
        const late = part.filter((e) => timestampFor(e.receivedNs, e.seq, floorNs) !== e.receivedNs).length;
        if (late > 0) metrics.restamped(late);
      }
      if (answer.kind === "accepted" || answer.kind === "refused") {
        if (failures > 1) this.#o.onRecovered();
        return answer;
      }
      if (answer.kind === "too-large") return answer;
      if (answer.kind === "busy") answered += 1;
      const bytes = part.reduce((sum, e) => sum + e.bytes, 0);
      if (answered >= HALVE_AFTER && part.length > 1 && bytes > MIN_HALVED_BYTES)
        return { kind: "too-large", reason: answer.reason };
      if (stopping.aborted) break;
      metrics.retried(answer.kind);
      this.#o.onTrouble(answer.kind, answer.reason, failures);
      const retryAfterMs = answer.kind === "busy" ? answer.retryAfterMs : undefined;
      await world.sleep(delayMs(failures, world.random, this.#o.backoff, retryAfterMs), stopping);
    }
    return undefined;
  }
}
