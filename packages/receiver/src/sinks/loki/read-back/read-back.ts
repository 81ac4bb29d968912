// read-back.ts: what Loki holds of sealed segments, fetched and compared; only then does a line count as confirmed there. Its mark is a
// cursor of its own. Slow on purpose: it takes no more than half of the time, so that it disturbs neither Loki nor the ledger.

import { parseHead } from "@proofline/event";
import type { DeadLetter, DeadLetters } from "../../dead-letter.ts";
import type { Ending } from "../../follower.ts";
import type { SinkCursor, SinkLedger, SinkLog, SinkWorld } from "../../ports.ts";
import { Comparison, type Mismatch, type MismatchKind } from "./compare.ts";
import { type ReaderOptions, readPage } from "./reader.ts";

export interface ReadBackMetrics {
  confirmed(lines: number): void;
  mismatch(kind: MismatchKind, count: number): void;
  resent(lines: number): void;
}

export interface ReadBackOptions {
  readonly ledger: SinkLedger;
  /** Lines in sealed segments. */
  readonly sealed: () => number;
  readonly reader: ReaderOptions;
  /** The first line that Loki has not taken. */
  readonly delivered: () => number;
  /** Lines that Loki refused for good: they are not missed. */
  readonly deadLettered: () => Promise<ReadonlySet<number>>;
  /** Where lines are listed that Loki does not hold as they are. */
  readonly mismatches: DeadLetters;
  /** Sends lines again; undefined: what is missing stays missing. Resolves when Loki has taken them, or will not. */
  readonly repair: ((lines: readonly { seq: number; line: Uint8Array }[]) => Promise<boolean>) | undefined;
  readonly world: SinkWorld;
  readonly metrics: ReadBackMetrics;
  readonly log: SinkLog;
  readonly ending: Ending;
}

export interface ReadBackStatus {
  /** Every line below it was read back and is there, or is listed. */
  readonly confirmed: number;
  /** Age of the oldest line that is not confirmed; 0 when there is none. */
  readonly unconfirmedSeconds: number;
}

const RANGE = { maxBytes: 512 * 1024, maxLines: 500 };
const MIN_PAGE = 10;
const POLL_MS = 5_000;
/** Lines of the open segment are confirmed too, when they are so old: a quiet log's segment may stay open for days. */
const OPEN_AGE_NS = 600n * 1_000_000_000n;
/** Something is missing: Loki may only not show it yet. Asked again after each of these, and so on with the last. */
const AGAIN_MS = [1_000, 5_000, 15_000, 60_000];
const PATIENCE_MS = 15 * 60_000;
/** What is older than three hours Loki looks for in its store only, and it may still be in an ingester, until its chunk is two hours old. */
const OLD_NS = 9_000n * 1_000_000_000n;
const PATIENCE_WITH_OLD_MS = 210 * 60_000;
/** Seqs in one question for lines that got a later timestamp than their own. */
const LATE_SEQS = 50;
const LATE_WINDOW_NS = 29n * 86_400n * 1_000_000_000n;

type Lines = readonly { readonly seq: number; readonly line: Uint8Array }[];

export class ReadBack {
  readonly #o: ReadBackOptions;
  #mark: SinkCursor | undefined;
  #pageLines = RANGE.maxLines;
  #oldestNs: bigint | undefined;
  #troubled = false;

  constructor(o: ReadBackOptions) {
    this.#o = o;
  }

  status(): ReadBackStatus {
    const confirmed = this.#mark?.next ?? 0;
    const ageNs = this.#oldestNs === undefined || confirmed >= this.#o.ledger.size ? 0n : this.#o.world.now() - this.#oldestNs;
    return { confirmed, unconfirmedSeconds: Math.max(0, Number(ageNs) / 1e9) };
  }

  /** Resolves when stopped. Never rejects. */
  async run(): Promise<void> {
    const { world, ending, log } = this.#o;
    while (!ending.stopping.aborted) {
      const startedNs = world.now();
      let waitMs = POLL_MS;
      try {
        this.#mark ??= await this.#o.ledger.openCursor("loki.confirmed");
        // As long a pause as the work took: at most half of the time is spent here.
        if (await this.#step(this.#mark)) waitMs = Number((world.now() - startedNs) / 1_000_000n) + 1;
      } catch (error) {
        if (ending.stopping.aborted) return;
        log("loki_read_back_failed", { error: error instanceof Error ? error.message : String(error) });
        waitMs = 60_000;
      }
      await world.sleep(waitMs, ending.stopping);
    }
  }

  /** @returns whether there was something to confirm */
  async #step(mark: SinkCursor): Promise<boolean> {
    const lines = await this.#due(mark.next);
    if (lines.length === 0) return false;
    const mismatches = await this.#settle(lines);
    if (mismatches === undefined) return true; // stopping: the mark stays, and all of it is read again
    if (mismatches.length > 0) await this.#tell(mismatches);
    const wrong = new Set(mismatches.map(({ seq }) => seq)).size;
    // If we stop before this is durable, the same lines are read again, and what is wrong with them is listed once more.
    await mark.save(lines.at(-1)!.seq + 1);
    this.#o.metrics.confirmed(Math.max(0, lines.length - wrong));
    return true;
  }

  /** The next lines that may be confirmed: delivered, and sealed or old. */
  async #due(from: number): Promise<Lines> {
    const { ledger, delivered, world } = this.#o;
    const end = Math.min(delivered(), ledger.size);
    if (ledger.size <= from) this.#oldestNs = undefined;
    else if (end <= from) {
      const [first] = await ledger.read(from, { maxBytes: 0, maxLines: 1 });
      this.#oldestNs = first && receivedOf(first.line);
    }
    if (end <= from) return [];
    const lines = await ledger.read(from, { ...RANGE, maxLines: Math.min(RANGE.maxLines, end - from) });
    this.#oldestNs = receivedOf(lines[0]!.line);
    const oldNs = world.now() - OPEN_AGE_NS;
    const sealed = this.#o.sealed();
    const until = lines.findIndex(({ seq, line }) => seq >= sealed && (receivedOf(line) ?? 0n) > oldNs);
    return until < 0 ? lines : lines.slice(0, until);
  }

  /** Reads until all is there, or until Loki has had its time. @returns what is wrong; undefined when stopping */
  async #settle(lines: Lines): Promise<readonly Mismatch[] | undefined> {
    const { world, ending, repair } = this.#o;
    const sinceNs = world.now();
    const oldest = receivedOf(lines[0]!.line) ?? sinceNs;
    const patienceMs = sinceNs - oldest > OLD_NS ? PATIENCE_WITH_OLD_MS : PATIENCE_MS;
    let untilNs = sinceNs + BigInt(patienceMs) * 1_000_000n;
    let repaired = false;
    for (let attempt = 0; !ending.stopping.aborted; attempt += 1) {
      const mismatches = await this.#compare(lines, attempt > 0);
      if (mismatches?.length === 0) {
        this.#fine();
        return mismatches;
      }
      if (mismatches !== undefined && world.now() >= untilNs) {
        const missing = mismatches.filter(({ kind }) => kind !== "extra").map(({ seq }) => seq);
        if (repair === undefined || repaired || missing.length === 0) return mismatches;
        repaired = true;
        const again = lines.filter(({ seq }) => missing.includes(seq));
        if (await repair(again)) this.#o.metrics.resent(again.length);
        untilNs = world.now() + BigInt(PATIENCE_MS) * 1_000_000n;
      }
      await world.sleep(AGAIN_MS[Math.min(attempt, AGAIN_MS.length - 1)]!, ending.stopping);
    }
    return undefined;
  }

  /** One look. @returns undefined when Loki could not be read */
  async #compare(lines: Lines, late: boolean): Promise<Mismatch[] | undefined> {
    const { ledger, deadLettered } = this.#o;
    const times = lines.map(({ line }) => receivedOf(line)).filter((ns) => ns !== undefined);
    const comparison = new Comparison(ledger.name, lines);
    if (times.length > 0 && !(await this.#read(this.#selector(), times[0]!, times.at(-1)! + 1n, comparison))) return undefined;
    if (comparison.missing.length > 0) {
      const dead = await deadLettered();
      const missing = comparison.missing.filter((seq) => !dead.has(seq));
      if (late && missing.length > 0 && !(await this.#readLate(missing, times[0]!, comparison))) return undefined;
      const wrong = comparison.mismatches().filter(({ seq }) => !dead.has(seq));
      return [...wrong, ...(await this.#strangers(comparison))];
    }
    return [...comparison.mismatches(), ...(await this.#strangers(comparison))];
  }

  /** Looks for lines that were so late that they got a timestamp later than their own. */
  async #readLate(seqs: readonly number[], fromNs: bigint, comparison: Comparison): Promise<boolean> {
    const nowNs = this.#o.world.now();
    const startNs = fromNs > nowNs - LATE_WINDOW_NS ? fromNs : nowNs - LATE_WINDOW_NS;
    for (let i = 0; i < seqs.length; i += LATE_SEQS) {
      const some = seqs.slice(i, i + LATE_SEQS).join("|");
      const query = `${this.#selector()} | seq =~ "${some}"`;
      if (!(await this.#read(query, startNs, nowNs + 600n * 1_000_000_000n, comparison))) return false;
    }
    return true;
  }

  /** All pages of a query. @returns whether they could be read */
  async #read(query: string, startNs: bigint, endNs: bigint, comparison: Comparison): Promise<boolean> {
    let start = startNs;
    let seen = new Set<string>();
    for (;;) {
      const limit = this.#pageLines;
      const page = await readPage(this.#o.reader, { query, startNs: start, endNs, limit }, this.#o.ending.killed);
      if (page.at === "too-large" && limit > MIN_PAGE) {
        this.#pageLines = Math.max(MIN_PAGE, limit >> 1);
        continue;
      }
      if (page.at !== "read") {
        this.#trouble(page.reason);
        return false;
      }
      // A page begins with the last timestamp of the one before: entries of one nanosecond may lie on both sides.
      const fresh = page.entries.filter(({ ns, line }) => ns !== start || !seen.has(line));
      for (const { line } of fresh) comparison.add(line);
      const last = page.entries.at(-1);
      if (page.isLast || last === undefined) return true;
      if (fresh.length === 0) start += 1n;
      else {
        if (last.ns !== start) seen = new Set();
        for (const { ns, line } of page.entries) if (ns === last.ns) seen.add(line);
        start = last.ns;
      }
    }
  }

  /** Entries between our lines that are none of them: a line of ours that was late is fine, anything else is extra. */
  async #strangers(comparison: Comparison): Promise<Mismatch[]> {
    const { ledger } = this.#o;
    const extra: Mismatch[] = [];
    for (const { seq, line } of comparison.strangers) {
      const [ours] = seq >= 0 && seq < ledger.size ? await ledger.read(seq, { maxBytes: 0, maxLines: 1 }) : [];
      if (ours === undefined || Buffer.compare(ours.line, Buffer.from(line)) !== 0) extra.push({ seq, kind: "extra" });
    }
    return extra;
  }

  #selector(): string {
    return `{log=${JSON.stringify(this.#o.ledger.name)},type="line"}`;
  }

  /** Loud: a log line, counts by kind, and a list that stays. */
  async #tell(mismatches: readonly Mismatch[]): Promise<void> {
    const { world, metrics, log } = this.#o;
    const time = new Date(Number(world.now() / 1_000_000n)).toISOString();
    await this.#o.mismatches.append(mismatches.map(({ seq, kind }): DeadLetter => ({ seq, time, reason: kind })));
    for (const kind of ["missing", "changed", "extra"] as const) {
      const of = mismatches.filter((mismatch) => mismatch.kind === kind);
      if (of.length === 0) continue;
      metrics.mismatch(kind, of.length);
      const [first, last] = [of[0]!.seq, of.at(-1)!.seq];
      const advice =
        kind === "extra"
          ? "Loki has an entry in this log's stream that the log has not"
          : `proofline resend --from ${first} --to ${last}`;
      log("loki_mismatch", { kind, count: of.length, first, last, advice });
    }
  }

  #trouble(reason: string): void {
    if (!this.#troubled) this.#o.log("loki_read_back_waits", { reason });
    this.#troubled = true;
  }

  #fine(): void {
    this.#troubled = false;
  }
}

function receivedOf(line: Uint8Array): bigint | undefined {
  try {
    return parseHead(line).received;
  } catch {
    return undefined; // no line of ours: the sink has listed it
  }
}
