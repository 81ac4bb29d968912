// repeated-values.ts: attributes whose value is one of a few, as most are: kept as they are spelled, so that the next time costs a comparison and
// one copy. Only values that no rule can find anything in come here. The memory is bounded.

import { Piece } from "@proofline/event";
import { KeptBytes } from "./byte-words.ts";
import type { Key } from "./keys.ts";

const SLOTS = 2_048;
const MAX_BYTES = 160;
/** Of values that were not found, one in so many is kept: to keep one costs more than to look at ten. */
const KEPT_ONE_IN = 64;

interface Kept {
  readonly key: Key;
  readonly value: KeptBytes;
  /** With its comma and its key. */
  readonly spelled: Piece;
}

export class RepeatedValues {
  readonly #slots: (Kept | undefined)[] = new Array<Kept | undefined>(SLOTS).fill(undefined);
  readonly #misses = new Uint8Array(SLOTS);

  /** The attribute with this value, spelled; undefined when it is not known. */
  find(view: DataView, key: Key, start: number, end: number): Piece | undefined {
    if (start === end) return undefined;
    const kept = this.#slots[slotOf(view, key, start, end)];
    return kept !== undefined && kept.key === key && kept.value.equals(view, start, end) ? kept.spelled : undefined;
  }

  /** It was not known, and is plain; it was spelled at [from, to) of `spelled`. */
  miss(view: DataView, key: Key, start: number, end: number, spelled: Uint8Array, from: number, to: number): void {
    if (start === end || end - start > MAX_BYTES) return;
    const slot = slotOf(view, key, start, end);
    if (this.#slots[slot] !== undefined && ++this.#misses[slot]! % KEPT_ONE_IN !== 0) return;
    this.#slots[slot] = { key, value: new KeptBytes(view, start, end), spelled: new Piece(spelled.subarray(from, to)) };
  }
}

/** By little of it: values of one key differ in their length or their last byte, or share a slot. */
function slotOf(view: DataView, key: Key, start: number, end: number): number {
  return (key.spread ^ ((end - start) << 3) ^ view.getUint8(end - 1)) & (SLOTS - 1);
}
