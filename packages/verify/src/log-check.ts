// log-check.ts: everything that is checked of one log's lines, wherever they come from: fed in order, by the chunk or one by one, and
// then asked for its report. Knows neither files nor servers; tiles and objects are handed in by whoever has them.

import { HASH_BYTES, type Hash, hashFromBase64, hashToBase64 } from "@proofline/tlog";
import { blameLines } from "./blame.ts";
import { Chain, type PlacedLine } from "./chain.ts";
import { BLOCK_LEVEL, type Chunk } from "./chunk.ts";
import type { ReadLine } from "./line-reader.ts";
import { formatCount } from "./numbers.ts";
import { Producers } from "./producers.ts";
import { ID_WINDOW, RecordIds } from "./record-ids.ts";
import type { Findings } from "./report.ts";
import { RootTracker } from "./root-tracker.ts";
import type { Signed } from "./signed.ts";
import type { TileFolder } from "./tile-folder.ts";
import type { Reference } from "./value-scan.ts";

export interface LogCheckOptions {
  readonly log: string;
  readonly findings: Findings;
  /** The log's own checkpoint, opened; undefined when there is none that can be relied on. */
  readonly signed: Signed | undefined;
  /** Older ones of the log's own. */
  readonly older: readonly Signed[];
  /** Those that the caller kept. */
  readonly saved: readonly Signed[];
  readonly from: number;
  /** Leaf hash of the line before `from`, in base64, where it is known. */
  readonly before?: string;
  /** Inclusive; lines beyond it are not fed. */
  readonly to: number;
  readonly tiles: TileFolder | undefined;
  /** A folder that lacks its last lines was cut; a copy elsewhere may lack them for other reasons. */
  readonly endCode: "TRUNCATED" | "MISSING";
  /** No more lines than this can come. */
  readonly mostLines: number;
  /** Where a person finds a line. */
  readonly placeOf: (seq: number) => string;
}

/** A reference, and the line that makes it. */
export type PlacedReference = Reference & { readonly seq: number };

export class LogCheck {
  readonly chain: Chain;
  readonly producers: Producers;
  /** References not yet looked at: taken out by whoever can. */
  references: PlacedReference[] = [];
  /** Times of the first line, and of the lines around the end of the checkpoint. */
  readonly times: Map<number, string> = new Map();
  readonly #ids: RecordIds;
  readonly #tree: RootTracker;
  readonly #o: LogCheckOptions;
  #firstReceived = "";
  #lines = 0;

  constructor(o: LogCheckOptions) {
    this.#o = o;
    const { findings, log, from } = o;
    this.#ids = new RecordIds(o.mostLines);
    this.#tree = new RootTracker(this.#targets());
    this.producers = new Producers(findings, from === 0);
    this.chain = new Chain({ log, from, before: o.before, findings, tree: this.#tree, onPlaced: (placed) => this.#note(placed) });
  }

  #targets(): Signed[] {
    const { signed, older, saved } = this.#o;
    return signed === undefined ? [...older, ...saved] : [signed, ...older, ...saved];
  }

  /** The lines whose times are wanted: the last one that the checkpoint covers, and the one after. */
  get marks(): number[] {
    const size = this.provableSize;
    return size > 0 ? [size - 1, size] : [];
  }

  /** The most lines that any signed root covers. */
  get provableSize(): number {
    return Math.max(0, ...this.#targets().map(({ size }) => size));
  }

  /** Lines that were given a place. */
  get lines(): number {
    return this.#lines;
  }

  get firstReceived(): string {
    return this.#firstReceived;
  }

  /** @returns false when the chunk does not go on where the lines before ended: feed its lines one by one */
  addChunk(chunk: Chunk, where: string): boolean {
    if (!this.chain.addChunk(chunk, where)) return false;
    if (this.#lines === 0) this.#firstReceived = chunk.firstReceived;
    this.#lines += chunk.count;
    for (const { seq, received } of chunk.marks) this.times.set(seq, received);
    this.references.push(...chunk.references);
    this.#noteIds(chunk);
    for (const run of chunk.runs) this.producers.add(run);
    this.#compareTiles(chunk);
    return true;
  }

  addLine(line: ReadLine): void {
    this.chain.add(line);
  }

  #noteIds({ firstSeq, count, ids, conflicts }: Chunk): void {
    let conflict = 0;
    for (let i = 0; i < count; i++) {
      if (conflicts[conflict] === i) conflict++;
      else this.#noteId(ids[i * 2]!, ids[i * 2 + 1]!, firstSeq + i);
    }
  }

  #noteId(low: number, high: number, seq: number): void {
    const earlier = this.#ids.add(low, high, seq);
    if (earlier === undefined) return;
    this.#o.findings.add({
      code: "DUPLICATE_ID",
      seq,
      expected: "an id of its own",
      found: `the id of seq ${earlier}`,
      where: this.#o.placeOf(seq),
    });
  }

  #compareTiles(chunk: Chunk): void {
    const { tiles } = this.#o;
    if (tiles === undefined) return;
    const blockRoots = new Map<number, Hash>();
    let seq = chunk.firstSeq;
    for (const [i, level] of chunk.groupLevels.entries()) {
      if (level === BLOCK_LEVEL) blockRoots.set(seq / 2 ** level, chunk.groupRoots.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES));
      seq += 2 ** level;
    }
    tiles.compare(chunk.firstSeq, chunk.leaves, blockRoots);
  }

  #note({ seq, line }: PlacedLine): void {
    const received = line.head?.received ?? "";
    if (this.#lines === 0) this.#firstReceived = received;
    this.#lines++;
    if (this.marks.includes(seq)) this.times.set(seq, received);
    this.#o.tiles?.compare(seq, hashFromBase64(line.leaf));
    if (line.content === undefined) return;
    const { id, isConflict, producer, references } = line.content;
    for (const reference of references) this.references.push({ ...reference, seq });
    if (isConflict) return;
    this.#noteId(id.low, id.high, seq);
    if (producer === undefined) return;
    const { stream, number, isLast } = producer;
    this.producers.add({ stream, first: number, last: number, isLast, seq, received });
  }

  /** Call when all lines were fed. Adds what can only be seen in the end. @returns the number of lines that a signed root covers and proves */
  finish(): Proven {
    const { findings, tiles } = this.#o;
    this.chain.finish();
    const changed = tiles?.changedLines() ?? [];
    for (const { seq, last, expected, found } of changed)
      this.#reportByTile(seq, last, hashToBase64(expected), hashToBase64(found));
    const targets = this.#targets();
    const meetings = targets.map((target) => ({ size: target.size, agrees: this.#tree.meeting(target)?.agrees ?? "unmet" }));
    const largest = (agrees: readonly string[]) =>
      Math.max(0, ...meetings.filter((m) => agrees.includes(m.agrees)).map(({ size }) => size));
    blameLines(
      this.chain.breaks.filter(
        ({ later }) =>
          !changed.some(({ seq, last }) => (later >= seq && later <= last) || (later - 1 >= seq && later - 1 <= last)),
      ),
      {
        linkedSize: largest(["as-linked", "as-read"]),
        sizesAsRead: new Set(meetings.filter(({ agrees }) => agrees === "as-read").map(({ size }) => size)),
        unmetSize: largest(["no"]),
      },
      findings,
    );
    this.#reportRoots();
    tiles?.reportWrongTiles(findings);
    const size = largest(["as-read"]);
    return { size, isLinked: largest(["as-linked", "as-read"]) >= this.provableSize && this.provableSize > 0 };
  }

  #reportByTile(seq: number, last: number, expected: string, found: string): void {
    const { findings } = this.#o;
    if (findings.some((finding) => finding.seq === seq && finding.code === "UNPARSEABLE")) return;
    const more = last > seq ? `, and another hash for each line up to seq ${last}` : "";
    findings.add({
      code: "LINE_CHANGED",
      seq,
      expected: `hash ${expected}, by the signed tile`,
      found: `hash ${found}${more}`,
      where: this.#o.placeOf(seq),
    });
  }

  /** Signed roots that the lines do not lead to, where nothing else explains it. */
  #reportRoots(): void {
    const { signed, older, saved } = this.#o;
    if (signed !== undefined) {
      if (this.#endsBefore(signed)) this.#reportEnd(signed);
      else this.#reportRoot(signed, "ROOT_MISMATCH");
    }
    for (const target of older) this.#reportRoot(target, "ROOT_MISMATCH");
    // Where the log's own checkpoint covers these lines and is met, it is the two checkpoints that contradict each other.
    const ownSize = signed !== undefined && this.#tree.meeting(signed)?.agrees === "as-read" ? signed.size : 0;
    for (const target of saved) {
      if (!this.#endsBefore(target)) this.#reportRoot(target, target.size <= ownSize ? "FORKED" : "ROOT_MISMATCH");
      else this.#o.findings.add({ code: "ROLLED_BACK", seq: this.chain.next, ...this.#endText(target), where: target.where });
    }
  }

  #endsBefore({ size }: Signed): boolean {
    return size > this.chain.next && this.chain.next <= this.#o.to; // else the lines up to `to` are all there
  }

  #reportEnd(signed: Signed): void {
    const { endCode, findings } = this.#o;
    const next = this.chain.next;
    const end = Math.min(signed.size - 1, this.#o.to);
    const missing = end - next + 1;
    const run = missing === 1 ? `seq ${next}` : `seq ${next} to ${end}, ${missing} lines`;
    const text = endCode === "MISSING" ? { expected: run, found: "no more lines" } : this.#endText(signed);
    findings.add({ code: endCode, seq: next, ...text, where: signed.where });
  }

  #endText({ size }: Signed): { expected: string; found: string } {
    const present = this.chain.next;
    return { expected: `${size} lines, as signed`, found: present === 0 ? "no lines" : `${present} lines` };
  }

  #reportRoot(target: Signed, code: "ROOT_MISMATCH" | "FORKED"): void {
    const { findings } = this.#o;
    const meeting = this.#tree.meeting(target);
    if (meeting?.agrees !== "no" || findings.anyBelow(target.size)) return;
    const good = this.#targets().filter(({ size }) => size < target.size);
    const first = Math.max(0, ...good.filter((other) => this.#tree.meeting(other)?.agrees === "as-read").map(({ size }) => size));
    findings.add({
      code,
      seq: first,
      expected: `root ${hashToBase64(target.root)} over ${target.size} lines, as signed`,
      found: `root ${hashToBase64(meeting.found)}: some line from seq ${first} to ${target.size - 1} is not the one that was signed`,
      where: target.where,
    });
  }

  /** What was not looked at, or could not be. */
  limits(): string[] {
    const notProven = this.producers.finish(this.chain.lastReceived);
    if (this.#ids.count > ID_WINDOW) {
      notProven.push(`that no record id comes twice more than ${formatCount(ID_WINDOW)} lines apart`);
    }
    return notProven;
  }
}

export interface Proven {
  /** Lines [0, size) are exactly those that were signed. */
  readonly size: number;
  /** Every signed root was met, if need be with what the lines after the changed ones say of them: only those are changed. */
  readonly isLinked: boolean;
}
