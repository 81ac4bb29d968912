// progress-line.ts: how far a verification is, for a person at a terminal. Knows nothing of what is verified.

import type { Progress } from "@proofline/verify";

const BAR = 20;
const REDRAW_MS = 100;

/** One line on a terminal that is drawn over again; nothing at all elsewhere. */
export class ProgressLine {
  readonly #out: NodeJS.WriteStream;
  readonly #startMs = performance.now();
  #drawnMs = 0;
  #isShown = false;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show({ lines, totalLines, fraction }: Progress): void {
    const nowMs = performance.now();
    if (!this.#out.isTTY || nowMs - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = nowMs;
    this.#isShown = true;
    const seconds = (nowMs - this.#startMs) / 1000;
    const count = (n: number) => Math.round(n).toLocaleString("en-US");
    const total = totalLines === undefined ? "" : ` / ${count(totalLines)}`;
    const bar = fraction === undefined ? "" : `${"█".repeat(Math.round(fraction * BAR)).padEnd(BAR, "░")}  `;
    const left = fraction === undefined || fraction <= 0 ? "" : ` · ${count((seconds * (1 - fraction)) / fraction)} s left`;
    this.#out.write(
      `\r\x1b[Kreading    ${bar}${count(lines)}${total} lines · ${count(lines / Math.max(seconds, 0.001))}/s${left}`,
    );
  }

  clear(): void {
    if (this.#isShown) this.#out.write("\r\x1b[K");
  }
}
