// signals.ts: the first signal asks, the second one insists.

import { constants } from "node:os";

/**
 * Under `npm start` one Ctrl-C arrives twice, from the terminal and from npm; `timeout` sends its signal to the process and to its
 * group. What comes so soon after the first is the first.
 */
const SAME_SIGNAL_MS = 500;

/** Resolves at the first of these signals. A later one ends the process at once, with the status that a shell gives it. */
export function nextSignal(...signals: readonly ("SIGTERM" | "SIGINT")[]): Promise<void> {
  return new Promise((resolve) => {
    let askedMs: number | undefined;
    for (const signal of signals) {
      process.on(signal, () => {
        askedMs ??= performance.now();
        if (performance.now() - askedMs > SAME_SIGNAL_MS) process.exit(128 + constants.signals[signal]);
        resolve();
      });
    }
  });
}
