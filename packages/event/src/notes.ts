// notes.ts: the order of a record's notes. They are gathered by several hands (decoder, lift, format), in wire order by some,
// so they are sorted: the same record gives the same line over protobuf and over JSON.
import type { Note } from "./record.ts";

/** Sorted by path, then by note, in code point order; each once. The same array when it is so already. */
export function sortNotes(notes: Note[]): Note[] {
  if (isSorted(notes)) return notes;
  const sorted = notes.toSorted(compareNotes);
  return sorted.filter((note, i) => i === 0 || compareNotes(sorted[i - 1]!, note) !== 0);
}

function isSorted(notes: readonly Note[]): boolean {
  for (let i = 1; i < notes.length; i++) if (compareNotes(notes[i - 1]!, notes[i]!) >= 0) return false;
  return true;
}

function compareNotes(a: Note, b: Note): number {
  return compareCodePoints(a.path, b.path) || compareCodePoints(a.note, b.note);
}

/** As comparing the UTF-8 bytes would. JavaScript's own `<` compares UTF-16 units, which puts U+10000 before U+E000. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
