// entry-bundle.ts: the entries of a C2SP entry bundle, each after its length as two bytes, big-endian. Total: for any bytes, the entries up to
// the first place where there is none. Knows no lines. Source: c2sp.org/tlog-tiles, "Log entries".

export interface EntryBundle {
  /** Views into the bundle. */
  readonly entries: readonly Buffer[];
  /** Bytes after the last whole entry; 0 when the bundle is exactly its entries. */
  readonly restBytes: number;
}

/** @param most entries that are wanted: what follows them counts as rest */
export function parseEntryBundle(bytes: Buffer, most: number): EntryBundle {
  const entries: Buffer[] = [];
  let at = 0;
  while (entries.length < most && at + 2 <= bytes.length) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return { entries, restBytes: bytes.length - at };
}
