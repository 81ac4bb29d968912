// heartbeats.ts: how long an owner has been silent, as observed here. Never by comparing clocks: the wall clock of another host is
// another one, and our own may jump by hours while every owner is alive.

/** An owner whose last sign of life is older than this by the wall clock is not waited for: no clock jumps by a day. */
const SURELY_MS = 24 * 3_600_000;

export class Heartbeats {
  readonly #now: () => number;
  readonly #monotonicMs: () => number;
  readonly #seen = new Map<string, { readonly beatMs: number; readonly atMs: number }>();

  /** @param o.monotonicMs a clock that is never set */
  constructor(o: { now: () => number; monotonicMs: () => number }) {
    this.#now = o.now;
    this.#monotonicMs = o.monotonicMs;
  }

  /** @param beatMs the owner's last sign of life, as its file has it. @returns for how long it has been the same */
  silentMs(name: string, beatMs: number): number {
    const atMs = this.#monotonicMs();
    const seen = this.#seen.get(name);
    if (seen?.beatMs !== beatMs) this.#seen.set(name, { beatMs, atMs });
    if (this.#now() - beatMs > SURELY_MS) return Number.POSITIVE_INFINITY;
    return seen?.beatMs === beatMs ? atMs - seen.atMs : 0;
  }

  /** Forgets the names that are no more. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
  }
}
