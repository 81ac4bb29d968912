// line-reader.ts: bytes of one line to what the chain needs to know of it. For lines that are looked at one by one: those of a chunk
// in which something is wrong, and those that come from elsewhere than a file. chunk-scan.ts does the same for many at once.

import { isUtf8 } from "node:buffer";
import { LineError, parseHead, parseLine } from "@proofline/event";
import { hashToBase64, leafHash } from "@proofline/tlog";
import { LineScanner, MAX_LINE_BYTES } from "./line-scan.ts";
import { hashId, type IdHash } from "./record-ids.ts";
import { ascii, NEWLINE, utf8 } from "./tokens.ts";
import type { Reference } from "./value-scan.ts";

export interface ReadLine {
  /** Absent when not even the line's place in the log can be read. */
  readonly head: Head | undefined;
  /** Why the bytes are no line; absent when they are one. */
  readonly error: string | undefined;
  /** Base64 of the leaf hash. */
  readonly leaf: string;
  readonly where: string;
  /** Absent when the bytes are no line. */
  readonly content: Content | undefined;
}

export interface Head {
  readonly log: string;
  readonly seq: number;
  readonly prev: string;
  /** As it stands in the line: such times compare as text. */
  readonly received: string;
}

/** What the checks behind the chain want to know. */
export interface Content {
  readonly id: IdHash;
  readonly isConflict: boolean;
  readonly producer: { readonly stream: string; readonly number: number; readonly isLast: boolean } | undefined;
  readonly references: readonly Reference[];
}

export class LineReader {
  readonly #scanner = new LineScanner();
  readonly #scratch = Buffer.alloc(MAX_LINE_BYTES + 2);

  /** @param bytes without the newline; any bytes */
  read(bytes: Uint8Array, where: string): ReadLine {
    const leaf = hashToBase64(leafHash(bytes));
    if (bytes.length > MAX_LINE_BYTES)
      return unreadable(leaf, where, `${bytes.length} bytes; a line has at most ${MAX_LINE_BYTES}`);
    const scratch = this.#scratch;
    scratch.set(bytes);
    scratch[bytes.length] = NEWLINE;
    if (isUtf8(bytes) && this.#scanner.scan(scratch, 0) === bytes.length) return this.#accepted(scratch, leaf, where);
    return refused(bytes, leaf, where);
  }

  #accepted(b: Buffer, leaf: string, where: string): ReadLine {
    const s = this.#scanner;
    const log = JSON.parse(utf8(b, s.logStart, s.logEnd)) as string;
    const prev = ascii(b, s.prevStart, s.prevStart + 44);
    const received = ascii(b, s.receivedStart, s.receivedStart + 30);
    const content = {
      id: hashId(b, s.idStart, s.idEnd),
      isConflict: s.isConflict,
      producer:
        s.streamStart === 0 ? undefined : { stream: utf8(b, s.streamStart, s.streamEnd), number: s.number, isLast: s.isLast },
      references: s.references,
    };
    return { head: { log, seq: s.seq, prev, received }, error: undefined, leaf, where, content };
  }
}

/** A line that is known by its length only. */
export function tooLong(length: number, where: string): ReadLine {
  return unreadable("", where, `${length} bytes; a line has at most ${MAX_LINE_BYTES}`);
}

function refused(bytes: Uint8Array, leaf: string, where: string): ReadLine {
  let error = "not a line";
  try {
    parseLine(bytes);
  } catch (thrown) {
    if (!(thrown instanceof LineError)) throw thrown;
    error = `${thrown.code}: ${thrown.message}`;
  }
  try {
    const { log, seq, prev, tailOffset } = parseHead(bytes);
    // `…Z","id":` stands before the tail: the 30 characters of the time end three before it.
    const received = ascii(bytes, tailOffset - 32, tailOffset - 2);
    return { head: { log, seq, prev, received }, error, leaf, where, content: undefined };
  } catch (thrown) {
    if (!(thrown instanceof LineError)) throw thrown;
    return unreadable(leaf, where, error);
  }
}

function unreadable(leaf: string, where: string, error: string): ReadLine {
  return { head: undefined, error, leaf, where, content: undefined };
}
