// virtual-clock.ts: a day in a second: timers that run when the test says so, each at its own time.

import type { SetTimer } from "../../src/deliver/timers.ts";

export class VirtualClock {
  #ms = 0;
  /** Wall clock minus the clock of the timers, which nobody sets. */
  #offsetMs = Date.parse("2026-11-21T00:00:00Z");
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];

  readonly now = (): number => this.#ms + this.#offsetMs;
  readonly monotonicMs = (): number => this.#ms;
  readonly setTimer: SetTimer = (run, ms) => {
    const timer = { atMs: this.#ms + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Somebody sets the wall clock; timers do not notice. */
  jump(ms: number): void {
    this.#offsetMs += ms;
  }

  /** Runs what is due within the time, in its order, and lets each come to rest. */
  async advance(ms: number): Promise<void> {
    const end = this.#ms + ms;
    for (;;) {
      const next = this.#timers.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#ms = Math.max(this.#ms, next.atMs);
      next.run();
      await turn();
    }
    this.#ms = end;
    await turn();
  }
}

async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}
