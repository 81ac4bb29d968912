// timers.ts: what is to happen later, by name: each at most once at a time, none holding the process. The clock is passed in.

/** Runs something once after a time, without keeping the process alive. @returns cancels it */
export type SetTimer = (run: () => void, ms: number) => () => void;

export const realTimer: SetTimer = (run, ms) => {
  const timer = setTimeout(run, ms).unref();
  return () => clearTimeout(timer);
};

export class Timers {
  readonly #setTimer: SetTimer;
  readonly #open = new Map<string, () => void>();

  constructor(setTimer: SetTimer) {
    this.#setTimer = setTimer;
  }

  /** Does nothing when something of that name is to happen already. */
  later(name: string, ms: number, run: () => void): void {
    if (this.#open.has(name)) return;
    const cancel = this.#setTimer(() => {
      this.#open.delete(name);
      run();
    }, ms);
    this.#open.set(name, cancel);
  }

  stop(): void {
    for (const cancel of this.#open.values()) cancel();
    this.#open.clear();
  }
}
