// head.ts: reads the place of a line in its log and nothing more, for those who read many lines: verifiers and recovery.
// The layout of the head is fixed, so its bytes are compared where they must stand. The tail is not looked at.
import { LineError, type LineErrorCode } from "./errors.ts";
import { isHash } from "./format.ts";
import { type LineHeader, MAX_LINE_BYTES } from "./line.ts";
import { Scanner } from "./scan.ts";
import { MAX_TIME_NS, readTime, TIME_CHARS } from "./time.ts";
import { decodeUtf8 } from "./utf8.ts";

export interface Head extends LineHeader {
  /** Where `"id":` begins. */
  readonly tailOffset: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const HASH_CHARS = 44;
/** `2026-11-20T21:14:03.` */
const SECOND_CHARS = 20;

const OPEN = Buffer.from('{"v":1,"log":"');
const SEQ = Buffer.from(',"seq":');
const PREV = Buffer.from(',"prev":"');
const RECEIVED = Buffer.from('","received":"');
const CLOSE = Buffer.from('","id":');

/** A log's lines all bear its name, and most fall into the same second as the one before. */
let lastLogBytes: Uint8Array = new Uint8Array();
let lastLog = "";
let lastSecond: Uint8Array = new Uint8Array(SECOND_CHARS);
let lastSecondNs = 0n;

/**
 * Reads the head of a line as strictly as parseLine does.
 * @throws {LineError} and nothing else, whatever the bytes
 * Cost: well under a microsecond; the line's length does not matter.
 */
export function parseHead(line: Uint8Array): Head {
  if (line.length > MAX_LINE_BYTES) throw new LineError("TOO_LONG", MAX_LINE_BYTES, `a line of ${line.length} bytes`);
  if (!bytesAt(line, 0, OPEN)) throw notOurs(line);
  const logEnd = findLogEnd(line);
  const log =
    lastLog !== "" && bytesAt(line, OPEN.length, lastLogBytes) && logEnd === OPEN.length + lastLogBytes.length
      ? lastLog
      : readLog(line, logEnd);
  const seqStart = expect(line, logEnd + 1, SEQ);
  const seqEnd = skipDigits(line, seqStart);
  const seq = readSeq(line, seqStart, seqEnd);
  const prevStart = expect(line, seqEnd, PREV);
  const prev = ascii(line, prevStart, prevStart + HASH_CHARS);
  if (!isHash(prev)) throw refuse("BAD_HASH", prevStart - 1, "expected 32 bytes in base64");
  const receivedStart = expect(line, prevStart + HASH_CHARS, RECEIVED);
  const received = readReceived(line, receivedStart);
  const end = expect(line, receivedStart + TIME_CHARS, CLOSE);
  return { log, seq, prev, received, tailOffset: end - CLOSE.length + 2 };
}

function findLogEnd(line: Uint8Array): number {
  let at = OPEN.length;
  while (at < line.length && line[at] !== QUOTE) at += line[at] === BACKSLASH ? 2 : 1;
  if (at >= line.length) throw refuse("SYNTAX", OPEN.length - 1, "a string without an end");
  return at;
}

function readLog(line: Uint8Array, end: number): string {
  const bytes = line.slice(OPEN.length, end);
  try {
    const log = new Scanner(`"${decodeUtf8(bytes)}"`).string();
    if (log === "") throw new LineError("EMPTY_FIELD", 0, "an empty field is left out");
    lastLogBytes = bytes;
    lastLog = log;
    return log;
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    throw refuse(error.code, OPEN.length - 1, "log: not a name");
  }
}

function skipDigits(line: Uint8Array, start: number): number {
  let at = start;
  while (line[at]! >= ZERO && line[at]! <= ZERO + 9) at++;
  return at;
}

function readSeq(line: Uint8Array, start: number, end: number): number {
  if (end === start) throw refuse("SYNTAX", start, "expected a number");
  if (line[start] === ZERO && end > start + 1) throw refuse("BAD_NUMBER", start, "an integer has no leading zero");
  let seq = 0;
  for (let at = start; at < end; at++) seq = seq * 10 + (line[at]! - ZERO);
  if (seq > Number.MAX_SAFE_INTEGER) throw refuse("OUT_OF_RANGE", start, "expected 0 to 2^53-1");
  return seq;
}

function readReceived(line: Uint8Array, start: number): bigint {
  if (
    bytesAt(line, start, lastSecond) &&
    skipDigits(line, start + SECOND_CHARS) === start + TIME_CHARS - 1 &&
    line[start + TIME_CHARS - 1] === 0x5a
  ) {
    let nanos = 0;
    for (let at = start + SECOND_CHARS; at < start + TIME_CHARS - 1; at++) nanos = nanos * 10 + (line[at]! - ZERO);
    const ns = lastSecondNs + BigInt(nanos);
    if (ns <= MAX_TIME_NS) return ns;
  }
  const ns = readTime(ascii(line, start, start + TIME_CHARS));
  if (ns === undefined) throw refuse("BAD_TIME", start - 1, "expected a UTC time with nine decimals, to the year 2554,");
  lastSecond = line.slice(start, start + SECOND_CHARS);
  lastSecondNs = ns - (ns % 1_000_000_000n);
  return ns;
}

function ascii(line: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.latin1Slice.call(line, start, Math.min(end, line.length));
}

function bytesAt(line: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (line[start + i] !== expected[i]) return false;
  return true;
}

/** @returns where the expected bytes end */
function expect(line: Uint8Array, start: number, expected: Uint8Array): number {
  if (!bytesAt(line, start, expected)) throw refuse("SYNTAX", start, `expected ${ascii(expected, 0, expected.length)}`);
  return start + expected.length;
}

function notOurs(line: Uint8Array): LineError {
  if (bytesAt(line, 0, OPEN.subarray(0, 5)) && line[5] !== 0x31) return refuse("BAD_VERSION", 5, "expected version 1");
  return refuse("SYNTAX", 0, 'expected {"v":1,"log":"');
}

function refuse(code: LineErrorCode, offset: number, message: string): LineError {
  return new LineError(code, offset, message);
}
