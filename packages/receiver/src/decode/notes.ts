// notes.ts: collects what a reader must know about the fields of one message while it is decoded. A path is built only when
// there is a note, from the inside outward: the happy path pays one comparison a level.

import { MAX_NOTES, type Note, type NoteCode, sortNotes } from "@proofline/event";

/** In UTF-16 units. A path is made of keys, and keys are as long as the sender likes. */
const MAX_PATH = 256;

/**
 * Notes under way. `add` notes the value being read; then each level that encloses it says what it is called, for the notes
 * from `mark`, the `length` before that value.
 */
export class NoteList {
  #paths: string[] = [];
  #codes: NoteCode[] = [];
  #truncated = false;

  get length(): number {
    return this.#codes.length;
  }

  /** Forgets the notes after the first so many. */
  set length(length: number) {
    this.#paths.length = length;
    this.#codes.length = length;
  }

  add(note: NoteCode): void {
    if (this.#codes.length >= MAX_NOTES) {
      this.#truncated = true;
      return;
    }
    this.#paths.push("");
    this.#codes.push(note);
  }

  /** The value is that of `key`. */
  underKey(mark: number, key: string): void {
    this.underField(mark, `.${key}`);
  }

  /** The value is item `index` of a list. */
  underIndex(mark: number, index: number): void {
    this.underField(mark, `[${index}]`);
  }

  /** The value is the line's own field `name`. */
  underField(mark: number, name: string): void {
    for (let i = mark; i < this.#paths.length; i++) this.#paths[i] = cut(name + this.#paths[i]);
  }

  /** Takes all notes out. Sorted: the order of fields on the wire is an accident, and JSON must give what protobuf gives. */
  take(): Note[] {
    if (this.#codes.length === 0) return [];
    const notes: Note[] = this.#codes.map((note, i) => ({ path: this.#paths[i]!, note }));
    if (this.#truncated) notes.push({ path: "notes", note: "truncated" });
    this.clear();
    return sortNotes(notes);
  }

  clear(): void {
    if (this.#codes.length === 0) return;
    this.#paths = [];
    this.#codes = [];
    this.#truncated = false;
  }
}

function cut(path: string): string {
  return path.length <= MAX_PATH ? path : `${path.slice(0, MAX_PATH).toWellFormed()}…`;
}
