// memory-file.ts: the bytes of one file, as processes see them and as a power cut would leave them. Knows no names.

interface Change {
  /** What it wrote; empty for a truncation. */
  readonly start: number;
  readonly end: number;
  readonly redo: (file: MemoryFile, share: number) => void;
  readonly undo: () => void;
}

/** Bytes that every process sees and the medium never got: a sync failed, and the kernel called them clean. */
interface Ghost {
  start: number;
  end: number;
}

export class MemoryFile {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  #length = 0;
  /** Since the last sync, in order. */
  #changes: Change[] = [];
  /** Shrinks only by a sync that succeeds after they were written again. */
  #ghosts: Ghost[] = [];
  permissions: number;

  constructor(permissions: number) {
    this.permissions = permissions;
  }

  get length(): number {
    return this.#length;
  }

  contents(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  read(into: Uint8Array, position: number): number {
    const piece = this.#bytes.subarray(position, Math.max(position, Math.min(this.#length, position + into.length)));
    into.set(piece);
    return piece.length;
  }

  /** @param share how much of it gets there, 0 to 1 */
  write(bytes: Uint8Array, position: number, share = 1): void {
    const copy = bytes.slice(0, Math.floor(bytes.length * share));
    const oldLength = this.#length;
    const old = this.#bytes.slice(position, Math.min(oldLength, position + copy.length));
    this.#put(copy, position);
    this.#changes.push({
      start: position,
      end: position + copy.length,
      redo: (file, part) => file.#put(copy.subarray(0, Math.floor(copy.length * part)), position),
      undo: () => {
        this.#bytes.set(old, position);
        this.#setLength(oldLength);
      },
    });
  }

  truncate(length: number): void {
    const oldLength = this.#length;
    const old = this.#bytes.slice(length, oldLength);
    this.#setLength(length);
    this.#changes.push({
      start: length,
      end: length,
      redo: (file) => file.#setLength(length),
      undo: () => {
        this.#put(old, length);
        this.#setLength(oldLength);
      },
    });
  }

  sync(): void {
    for (const { start, end } of this.#changes) this.#ghosts = this.#ghosts.flatMap((ghost) => without(ghost, start, end));
    this.#changes = [];
  }

  /** A sync that failed: the pages stay as they are for readers, are called clean, and are not on the medium. */
  loseSync(synced: number): void {
    if (this.#length > synced) this.#ghosts.push({ start: synced, end: this.#length });
    this.#changes = [];
  }

  /** Length when the last sync ended. */
  syncedLength(): number {
    const length = this.#length;
    const changes = this.#changes;
    for (const change of [...changes].reverse()) change.undo();
    const synced = this.#length;
    for (const change of changes) change.redo(this, 1);
    this.#setLength(length);
    return synced;
  }

  /** @param keep of how many unsynced changes something is kept, and how much of the last of these, 0 to 1 */
  powerCut(keep: (changes: number) => { count: number; share: number }): void {
    const changes = this.#changes;
    this.#changes = [];
    for (const change of [...changes].reverse()) change.undo();
    const { count, share } = keep(changes.length);
    for (const [i, change] of changes.slice(0, count).entries()) change.redo(this, i === count - 1 ? share : 1);
    for (const { start, end } of this.#ghosts) {
      if (end >= this.#length) this.#setLength(Math.min(start, this.#length));
      else this.#bytes.fill(0, start, end);
    }
    this.#ghosts = [];
  }

  #put(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, position);
    if (end > this.#length) this.#length = end;
  }

  #setLength(length: number): void {
    if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }
}

function without(ghost: Ghost, start: number, end: number): Ghost[] {
  if (end <= ghost.start || start >= ghost.end) return [ghost];
  const rest: Ghost[] = [];
  if (start > ghost.start) rest.push({ start: ghost.start, end: start });
  if (end < ghost.end) rest.push({ start: end, end: ghost.end });
  return rest;
}
