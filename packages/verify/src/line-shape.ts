// line-shape.ts: what lines of one kind have in common. Lines of a log repeat each other in all but a few places: a line that agrees with an
// accepted one everywhere outside those places, and has a well-spelled token in each of them, is well spelled too. Agreement is found four
// bytes at a time. Knows no fields: what may stand in a place is asked of whoever scans.

import { type Literal, literalOf, startsWith, viewOf } from "./tokens.ts";

/** A token of a line that may be another in the next one. Offsets are into the line's buffer. */
export interface Place {
  /** What may stand there, in the scanner's own numbering. */
  readonly kind: number;
  /** Of a value: how deep it stands. */
  readonly level: number;
  readonly start: number;
  readonly end: number;
}

/** Where a token of that kind that begins at `at` ends; -1 when none does. */
export type SkipPlace = (b: Uint8Array, at: number, kind: number, level: number) => number;

/** One shape. It starts out as a whole accepted piece; the places where lines were seen to differ are then skipped over. */
export class LineShape {
  readonly #bytes: Uint8Array;
  readonly #places: readonly (Place & { varies: boolean })[];
  /** What stands between the varying places: one more than these. */
  #fixed: Literal[] = [];
  #varying: Place[] = [];

  /**
   * @param places of b[start, end), in order, apart from each other
   * @param alwaysVaries the kinds that are to be skipped over even where lines agree
   */
  constructor(b: Uint8Array, start: number, end: number, places: readonly Place[], alwaysVaries: (kind: number) => boolean) {
    this.#bytes = Uint8Array.from(b.subarray(start, end));
    this.#places = places.map(({ kind, level, start: from, end: to }) => ({
      kind,
      level,
      start: from - start,
      end: to - start,
      varies: alwaysVaries(kind),
    }));
    this.#compile();
  }

  /** @returns where the piece that begins at `at` ends, or -1 when it differs from this shape in a place where lines did not differ yet */
  skip(b: Uint8Array, at: number, skipPlace: SkipPlace): number {
    const fixed = this.#fixed;
    const varying = this.#varying;
    let p = at;
    for (let i = 0; ; i++) {
      const piece = fixed[i]!;
      if (!startsWith(b, p, piece)) return -1;
      p += piece.bytes.length;
      if (i === varying.length) return p;
      const { kind, level } = varying[i]!;
      p = skipPlace(b, p, kind, level);
      if (p < 0) return -1;
    }
  }

  /** As {@link skip}, for a piece that differs in places that agreed so far: they are counted as varying from now on. */
  learn(b: Uint8Array, at: number, skipPlace: SkipPlace): number {
    const differing: (Place & { varies: boolean })[] = [];
    let p = at;
    let from = 0;
    for (const place of this.#places) {
      if (!this.#agrees(b, p, from, place.start)) return -1;
      p += place.start - from;
      const end = skipPlace(b, p, place.kind, place.level);
      if (end < 0) return -1;
      if (end - p !== place.end - place.start || !this.#agrees(b, p, place.start, place.end)) differing.push(place);
      p = end;
      from = place.end;
    }
    if (!this.#agrees(b, p, from, this.#bytes.length)) return -1;
    for (const place of differing) place.varies = true;
    this.#compile();
    return p + this.#bytes.length - from;
  }

  #agrees(b: Uint8Array, at: number, from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (b[at + i - from] !== this.#bytes[i]) return false;
    return true;
  }

  #compile(): void {
    this.#varying = this.#places.filter(({ varies }) => varies);
    const ends = [0, ...this.#varying.map(({ end }) => end)];
    const starts = [...this.#varying.map(({ start }) => start), this.#bytes.length];
    this.#fixed = ends.map((end, i) => literalOf(this.#bytes.slice(end, starts[i])));
  }
}

const SLOTS = 64;
/** Shapes that share a slot: events of one name, with these attributes or those. */
const SHAPES_A_SLOT = 4;
/** Lines that must have had a known shape for each new one that is learned, once the first are spent: else learning does not pay. */
const CREDIT_A_SHAPE = 4;
const FIRST_CREDIT = 256;

/** The shapes that were met of late. Memory: at most 256 lines. */
export class LineShapes {
  readonly #slots: LineShape[][] = Array.from({ length: SLOTS }, () => []);
  #credit = FIRST_CREDIT;

  /** @returns where the piece that begins at `at` ends, when a known shape says so; else -1, which says nothing about the piece */
  skip(b: Uint8Array, at: number, skipPlace: SkipPlace): number {
    const shapes = this.#slots[slotOf(b, at)]!;
    for (let i = 0; i < shapes.length; i++) {
      const end = shapes[i]!.skip(b, at, skipPlace);
      if (end > 0) return this.#hit(shapes, i, end);
    }
    for (let i = 0; i < shapes.length; i++) {
      const end = shapes[i]!.learn(b, at, skipPlace);
      if (end > 0) return this.#hit(shapes, i, end);
    }
    return -1;
  }

  /** Whether a new shape may be added: where hardly any line has the shape of another, it is not worth its while. */
  get isWorthwhile(): boolean {
    return this.#credit > 0;
  }

  add(b: Uint8Array, at: number, shape: LineShape): void {
    this.#credit -= CREDIT_A_SHAPE;
    const shapes = this.#slots[slotOf(b, at)]!;
    if (shapes.length === SHAPES_A_SLOT) shapes.pop();
    shapes.unshift(shape);
  }

  /** What was met last is tried first. */
  #hit(shapes: LineShape[], index: number, end: number): number {
    if (this.#credit < FIRST_CREDIT) this.#credit++;
    if (index > 0) {
      const shape = shapes[index]!;
      shapes.copyWithin(1, 0, index);
      shapes[0] = shape;
    }
    return end;
  }
}

/** By the first letters of what follows a line's id: in most lines, the name of its event. */
function slotOf(b: Uint8Array, at: number): number {
  if (at + 24 > b.length) return 0;
  const view = viewOf(b);
  const mixed = view.getInt32(at + 10, true) ^ Math.imul(view.getInt32(at + 16, true), 0x9e3779b1) ^ view.getInt32(at + 20, true);
  return (Math.imul(mixed, 0x85ebca6b) >>> 16) % SLOTS;
}
