// stream-reader.ts: reads one stream's frames back, from where the receiver's acknowledgement stands, whether the stream is being
// written by this process or was left by a dead one. Damage ends in a report, never in an exception and never in silence.

import { renameSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open, readdir, readFile, rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import { FRAME_HEADER_BYTES, frameAt, MAX_FRAME_BYTES, nextFrame } from "./frame.ts";
import { parseSegmentName, type Segment, segmentName } from "./segment-writer.ts";

/** One record as it was spooled. */
export interface Parcel {
  readonly body: Buffer;
  /** Its place in the stream, from 1. */
  readonly number: number;
  readonly segment: number;
  /** Offset in the segment behind it. */
  readonly end: number;
}

/** Bytes that are no frame: the last write of a dead process (`torn`), or something worse. */
export interface Damage {
  readonly stream: string;
  readonly segment: number;
  readonly bytes: number;
  readonly torn: boolean;
}

export interface Position {
  readonly segment: number;
  readonly offset: number;
  /** Of the last acknowledged record. */
  readonly number: number;
}

const POSITION_FILE = "acked";
/** Every request begins with field 1, length-delimited. */
const FIRST_BYTE = 0x0a;

export class StreamReader {
  readonly folder: string;
  readonly stream: string;
  /** Shared with the writer when this process writes the stream. */
  readonly #segments: Segment[];
  readonly #growing: boolean;
  readonly #onDamage: (damage: Damage) => void;
  #position: Position;
  #saved: Position;
  #open: { first: number; file: FileHandle } | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(o: {
    folder: string;
    stream: string;
    segments: Segment[];
    growing: boolean;
    position?: Position;
    onDamage: (damage: Damage) => void;
  }) {
    this.folder = o.folder;
    this.stream = o.stream;
    this.#segments = o.segments;
    this.#growing = o.growing;
    this.#onDamage = o.onDamage;
    this.#position = o.position ?? { segment: 1, offset: 0, number: 0 };
    this.#saved = this.#position;
  }

  /** Opens what a dead process has left. @param at where to begin; default: the position that was saved */
  static async left(folder: string, stream: string, onDamage: (damage: Damage) => void, at?: Position): Promise<StreamReader> {
    const firsts = (await readdir(folder)).flatMap((name) => parseSegmentName(name) ?? []).sort((a, b) => a - b);
    const segments: Segment[] = [];
    for (const first of firsts) segments.push({ first, bytes: await sizeOf(join(folder, segmentName(first))) });
    const position = startAt(segments, at ?? (await savedPosition(folder)));
    return new StreamReader({ folder, stream, segments, growing: false, position, onDamage });
  }

  /** Number of the last acknowledged record. */
  get acknowledged(): number {
    return this.#position.number;
  }

  get position(): Position {
    return this.#position;
  }

  /** Bytes on disk that are not acknowledged. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const segment of this.#segments) {
      if (segment.first > this.#position.segment) bytes += segment.bytes;
      else if (segment.first === this.#position.segment) bytes += segment.bytes - this.#position.offset;
    }
    return bytes;
  }

  /** The next records, oldest first, all of one segment. Empty when there are none (now). Moves nothing. */
  async read(o: { maxRecords: number; maxBytes: number }): Promise<Parcel[]> {
    for (;;) {
      const segment = this.#current();
      if (segment === undefined) return [];
      const parcels = await this.#readSegment(segment, o);
      if (parcels.length > 0) return parcels;
    }
  }

  /** The segment to read from, if there is something to read. Steps over segments that are done. */
  #current(): Segment | undefined {
    for (;;) {
      const segment = this.#segments.find(({ first }) => first >= this.#position.segment);
      if (segment === undefined) return undefined;
      if (segment.first > this.#position.segment)
        this.#position = { segment: segment.first, offset: 0, number: segment.first - 1 };
      if (this.#position.offset < segment.bytes) return segment;
      const next = this.#segments[this.#segments.indexOf(segment) + 1];
      if (next === undefined) return undefined;
      this.#position = { segment: next.first, offset: 0, number: next.first - 1 };
    }
  }

  async #readSegment(segment: Segment, o: { maxRecords: number; maxBytes: number }): Promise<Parcel[]> {
    const { offset, number } = this.#position;
    const left = segment.bytes - offset;
    let bytes = await this.#bytes(segment, offset, Math.min(left, o.maxBytes));
    const first = frameAt(bytes, 0);
    if (first.at === "short" && first.needed <= left && first.needed > bytes.length) {
      bytes = await this.#bytes(segment, offset, Math.min(left, Math.max(first.needed, FRAME_HEADER_BYTES)));
      if (bytes.length < left && frameAt(bytes, 0).at === "short") bytes = await this.#bytes(segment, offset, left);
    }
    const parcels: Parcel[] = [];
    for (let at = 0; parcels.length < o.maxRecords; ) {
      const frame = frameAt(bytes, at);
      if (frame.at !== "whole") break;
      parcels.push({ body: frame.body, number: number + parcels.length + 1, segment: segment.first, end: offset + frame.end });
      at = frame.end;
    }
    if (parcels.length === 0) await this.#stepOverDamage(segment);
    return parcels;
  }

  async #stepOverDamage(segment: Segment): Promise<void> {
    const { offset, number } = this.#position;
    const rest = await this.#bytes(segment, offset, segment.bytes - offset);
    const next = nextFrame(rest, 0, FIRST_BYTE);
    const bytes = next < 0 ? segment.bytes - offset : next;
    const last = this.#segments.at(-1) === segment;
    this.#position = { segment: segment.first, offset: offset + bytes, number: next < 0 ? number : number + 1 };
    this.#onDamage({ stream: this.stream, segment: segment.first, bytes, torn: next < 0 && last && !this.#growing });
  }

  async #bytes(segment: Segment, offset: number, length: number): Promise<Buffer> {
    if (this.#open?.first !== segment.first) {
      await this.#open?.file.close();
      this.#open = undefined;
      this.#open = { first: segment.first, file: await open(join(this.folder, segmentName(segment.first)), "r") };
    }
    const bytes = Buffer.allocUnsafe(Math.min(length, MAX_FRAME_BYTES + FRAME_HEADER_BYTES + length));
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#open.file.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    if (filled < length) segment.bytes = Math.min(segment.bytes, offset + filled); // somebody cut the file
    return bytes.subarray(0, filled);
  }

  /** The receiver has everything up to this record. Never goes back: a late answer to something older changes nothing. */
  advance({ segment, end, number }: Pick<Parcel, "segment" | "end" | "number">): void {
    const { segment: at, offset } = this.#position;
    if (segment > at || (segment === at && end > offset)) this.#position = { segment, offset: end, number };
  }

  /** {@link save} for who cannot wait, without the sync: at worst something is sent again. */
  saveNow(): void {
    const path = join(this.folder, POSITION_FILE);
    writeFileSync(`${path}.now`, `${JSON.stringify(this.#position)}\n`, { mode: 0o600 });
    renameSync(`${path}.now`, path);
    while ((this.#segments[0]?.first ?? this.#position.segment) < this.#position.segment) {
      rmSync(join(this.folder, segmentName(this.#segments.shift()!.first)), { force: true });
    }
  }

  /**
   * Writes the position down and deletes the segments before it. If we stop before or within: the position is older than the
   * truth, and at most one segment is sent again, which the receiver recognises by its record ids.
   */
  save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#saveNow()).catch(() => undefined);
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    const position = this.#position;
    if (position === this.#saved) return;
    const path = join(this.folder, POSITION_FILE);
    const file = await open(`${path}.new`, "w", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(position)}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    this.#saved = position;
    while ((this.#segments[0]?.first ?? position.segment) < position.segment) {
      await unlink(join(this.folder, segmentName(this.#segments.shift()!.first))).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await this.#saving;
    await this.#open?.file.close();
    this.#open = undefined;
  }

  /** The stream is delivered and will not grow: its folder goes. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function sizeOf(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** A position that cannot be read is none: then the oldest segment that is left is sent again from its beginning. */
async function savedPosition(folder: string): Promise<Position | undefined> {
  try {
    const value = JSON.parse(await readFile(join(folder, POSITION_FILE), "utf8")) as Partial<Position>;
    const { segment, offset, number } = value;
    const sound = [segment, offset, number].every((part) => Number.isSafeInteger(part) && (part as number) >= 0);
    return sound ? { segment: segment!, offset: offset!, number: number! } : undefined;
  } catch {
    return undefined;
  }
}

function startAt(segments: readonly Segment[], saved: Position | undefined): Position {
  const segment = segments.find(({ first }) => first >= (saved?.segment ?? 0));
  if (segment === undefined) return { segment: Number.MAX_SAFE_INTEGER, offset: 0, number: saved?.number ?? 0 };
  if (saved !== undefined && saved.segment === segment.first && saved.offset <= segment.bytes) return saved;
  return { segment: segment.first, offset: 0, number: segment.first - 1 };
}
