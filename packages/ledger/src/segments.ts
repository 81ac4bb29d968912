// segments.ts: the files that hold the lines: which there are, and writing at the end of the last one. A segment is named after its
// first seq; all but the last are sealed. Knows bytes and counts, not what a line says.

import type { Disk, DiskFile } from "./disk.ts";
import { TEMPORARY } from "./durable.ts";
import { systemCode } from "./errors.ts";
import type { Fuse } from "./fuse.ts";
import { isCompressedName, type Layout, parseSegmentName } from "./layout.ts";

const SEALED = 0o400;

/** The durable end of a log. Replaced as a whole, never changed: a reader that took one may rely on all of it. */
export interface Tip {
  /** Durable lines. */
  readonly size: number;
  /** Leaf hash of the last of them, in base64: `prev` of the next one. */
  readonly prev: string;
  /** First seq of the last segment. */
  readonly segment: number;
  /** Bytes of the last segment that hold durable lines. */
  readonly segmentBytes: number;
}

export interface ListedSegment {
  readonly first: number;
  /** Which forms are there. When both are, a crash kept the compressed one from replacing the plain one, and the plain one counts. */
  readonly isPlain: boolean;
  readonly isCompressed: boolean;
}

/** The segments on the disk, ascending. Files with other names are not segments and are left alone. */
export async function listSegments(disk: Disk, layout: Layout): Promise<ListedSegment[]> {
  const byFirst = new Map<number, ListedSegment>();
  for (const name of await disk.list(layout.segments)) {
    const first = parseSegmentName(name);
    if (first === undefined) continue;
    const { isPlain = false, isCompressed = false } = byFirst.get(first) ?? {};
    const isThis = isCompressedName(name);
    byFirst.set(first, { first, isPlain: isPlain || !isThis, isCompressed: isCompressed || isThis });
  }
  return [...byFirst.values()].sort((a, b) => a.first - b.first);
}

/** The place of the segment that holds `seq`: the last one that does not begin after it. -1 when there is none. */
export function findSegment(firsts: readonly number[], seq: number): number {
  let low = 0;
  let high = firsts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (firsts[middle]! <= seq) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

interface Current {
  readonly first: number;
  readonly file: DiskFile;
  bytes: number;
  /** `received` of its first line, about; Unix nanoseconds. Of no meaning while it is empty. */
  since: bigint;
}

export interface SegmentWriterOptions {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly fuse: Fuse;
  readonly segmentBytes: number;
  /** A segment is sealed when its first line is so old, Unix nanoseconds; undefined: by size alone. */
  readonly segmentAgeNs?: bigint | undefined;
  readonly now: () => bigint;
  /** Awaited before lines are written: rejects when this process may not write here any more. */
  readonly mayWrite?: () => Promise<void> | undefined;
  /** Called when the segment that begins at `sealed` was sealed and the next one has its durable name. */
  readonly onRoll: (first: number, sealed: number) => void;
}

/** Appends to the last segment. Owned by the group commit: one call at a time. */
export class SegmentWriter {
  readonly #o: SegmentWriterOptions;
  readonly firsts: number[];
  #current: Current | undefined;
  /** While append() is at work. */
  #isAppending = false;
  /** While a quiet segment is being sealed. Never rejects. */
  #rolling: Promise<void> | undefined;

  /** @param firsts the segments that there are; kept up to date by this writer */
  constructor(o: SegmentWriterOptions, firsts: number[]) {
    this.#o = o;
    this.firsts = firsts;
  }

  /**
   * Goes on in the last segment, after `bytes` bytes of durable lines; in a new one when the last one is compressed.
   * @param since `received` of its first line
   */
  async resume(bytes: number, since: bigint): Promise<void> {
    const first = this.firsts.at(-1);
    if (first === undefined) return;
    const path = this.#o.layout.segment(first);
    const file = await this.#o.fuse.guard(`opening ${path}`, () => this.#openLast(path));
    if (file !== undefined) this.#current = { first, file, bytes, since };
  }

  async #openLast(path: string): Promise<DiskFile | undefined> {
    try {
      return await this.#o.disk.open(path, "update");
    } catch (error) {
      // Recovery has just read this segment: if not in this form, then in the other one.
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /**
   * Writes lines and syncs them; they are durable when it resolves.
   * @param first seq of the first of them, used as the name when a new segment begins
   */
  async append(lines: Uint8Array, first: number): Promise<{ segment: number; segmentBytes: number }> {
    this.#isAppending = true;
    try {
      if (this.#rolling !== undefined) await this.#rolling;
      const mayWrite = this.#o.mayWrite?.();
      if (mayWrite !== undefined) await this.#o.fuse.guard("looking after the lock", () => mayWrite);
      return await this.#append(lines, first);
    } finally {
      this.#isAppending = false;
    }
  }

  async #append(lines: Uint8Array, first: number): Promise<{ segment: number; segmentBytes: number }> {
    const current = await this.#currentFor(lines.length, first);
    const path = this.#o.layout.segment(current.first);
    if (current.bytes === 0) current.since = this.#o.now();
    // A crash here, or in the write: any part of the lines may be there. Recovery keeps the whole ones, which nobody was told of,
    // and cuts off what follows the last newline. Their senders send again, and are told "already there".
    await this.#o.fuse.guard(`writing ${path}`, () => current.file.write(lines, current.bytes));
    // A crash here: as above, or all of it is there. Nobody was told.
    await this.#o.fuse.guard(`syncing ${path}`, () => current.file.datasync());
    // From here on every line is promised.
    current.bytes += lines.length;
    return { segment: current.first, segmentBytes: current.bytes };
  }

  /**
   * Seals a segment that has become old though no line came to do so. Does nothing while lines are being written: they look themselves.
   * @param next seq that the next line will get
   */
  async rollIfOld(next: number): Promise<void> {
    const current = this.#current;
    if (this.#isAppending || this.#rolling !== undefined || current === undefined || !this.#isOld(current)) return;
    this.#rolling = this.#roll(next, current).then(
      () => {},
      () => {}, // it burnt the fuse, which tells whoever must know
    );
    await this.#rolling;
    this.#rolling = undefined;
  }

  async close(): Promise<void> {
    await this.#rolling;
    const current = this.#current;
    this.#current = undefined;
    await current?.file.close();
  }

  async #currentFor(bytes: number, first: number): Promise<Current> {
    const current = this.#current;
    const fits = current !== undefined && (current.bytes === 0 || current.bytes + bytes <= this.#o.segmentBytes);
    return fits && !this.#isOld(current) ? current : await this.#roll(first, current);
  }

  #isOld({ bytes, since }: Current): boolean {
    const { segmentAgeNs, now } = this.#o;
    return segmentAgeNs !== undefined && bytes > 0 && now() - since >= segmentAgeNs;
  }

  async #roll(first: number, current: Current | undefined): Promise<Current> {
    const { disk, layout, fuse } = this.#o;
    const path = layout.segment(first);
    // A crash after this: an empty last segment. Recovery goes on in it, or, when a power cut took its name away, makes it again.
    const file = await fuse.guard(`creating ${path}`, () => disk.open(path, "create"));
    const next: Current = { first, file, bytes: 0, since: 0n };
    this.#current = next;
    // Without this a power cut could take the file away with lines in it that were acknowledged.
    await fuse.guard(`syncing ${layout.segments}`, () => disk.syncDirectory(layout.segments));
    this.firsts.push(first);
    if (current !== undefined) {
      await this.#seal(current);
      this.#o.onRoll(first, current.first);
    }
    return next;
  }

  // Only now that the next one is there for good: a last segment that is read-only could not be gone on with after a crash.
  // All its lines are durable: each batch was synced before it was acknowledged. The mode protects against mishaps only.
  async #seal({ first, file }: Current): Promise<void> {
    const path = this.#o.layout.segment(first);
    await this.#o.fuse.guard(`sealing ${path}`, async () => {
      // A crash before this: an earlier segment that is writable. The next start seals it.
      await this.#o.disk.changeMode(path, SEALED);
      await file.close();
    });
  }
}

/** Seals the segment that a crash left writable: at most the last but one. */
export async function sealEarlier(disk: Disk, layout: Layout, segments: readonly ListedSegment[]): Promise<void> {
  const earlier = segments.at(-2);
  if (earlier?.isPlain) await disk.changeMode(layout.segment(earlier.first), SEALED);
}

/**
 * Removes compressed segments whose plain ones are there, and unfinished ones. A crash within: the rest of them, for the next start.
 * Not durable: one that comes back after a power cut is removed again.
 */
export async function removeUnfinished(disk: Disk, layout: Layout, segments: readonly ListedSegment[]): Promise<void> {
  for (const { first, isPlain, isCompressed } of segments) {
    if (isPlain && isCompressed) await disk.unlink(layout.compressed(first));
  }
  for (const name of await disk.list(layout.segments)) {
    if (name.endsWith(TEMPORARY)) await disk.unlink(layout.inSegments(name));
  }
}
