// signal.ts: what becomes of requests for a signal that is not kept here: refused, passed on, or answered and thrown away, as the
// configuration says. Knows no transport.

import { RequestError } from "../otlp/failure.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Message, Upstream, UpstreamAnswer } from "./upstream.ts";

export type SignalName = "traces" | "metrics";

/** `upstream` is there when, and only when, requests are passed on. */
export type SignalRule =
  | { readonly mode: "refuse" }
  | { readonly mode: "discard" }
  | { readonly mode: "forward"; readonly upstream: Upstream };

export interface SignalOptions {
  readonly name: SignalName;
  readonly rule: SignalRule;
  readonly metrics: Metrics;
}

/** Undefined: answered with success, and nothing else done. */
export type Passed = UpstreamAnswer | undefined;

export class Signal {
  readonly name: SignalName;
  readonly rule: SignalRule;
  readonly #metrics: Metrics;

  constructor({ name, rule, metrics }: SignalOptions) {
    this.name = name;
    this.rule = rule;
    this.#metrics = metrics;
  }

  /** Why no request for it is taken; undefined when they are. */
  refusal(): RequestError | undefined {
    if (this.rule.mode !== "refuse") return undefined;
    this.#count("refused");
    return new RequestError(
      "not_found",
      `this receiver takes logs only, at /v1/logs; of ${this.name} the configuration says passthrough.${this.name}.mode: refuse`,
    );
  }

  /** @throws {RequestError} busy, upstream_down */
  async pass(message: Message, gone: AbortSignal): Promise<Passed> {
    if (this.rule.mode !== "forward") {
      this.#count("discarded");
      return undefined;
    }
    try {
      const answer = await this.rule.upstream.send(message, gone);
      this.#count(isSuccess(answer.status) ? "forwarded" : "upstream_refused");
      return answer;
    } catch (error) {
      this.#count("upstream_down");
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.rule.mode === "forward") await this.rule.upstream.close();
  }

  #count(outcome: string): void {
    this.#metrics.count("passthrough", 1, { signal: this.name, outcome });
  }
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** A redirect or anything else that is no answer to an export: the address is wrong. Retryable, for it can be mended. */
export function isNoAnswer(status: number): boolean {
  return status < 200 || (status >= 300 && status < 400);
}
