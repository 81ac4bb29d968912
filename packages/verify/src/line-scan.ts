// line-scan.ts: checks that bytes are one line in its one spelling, and says where its parts are, without making a record of them.
// It accepts what event's parseLine accepts and nothing else (a differential test holds the two together), at twenty times the speed.
// Source: SPEC.md of the event room. Knows no hashes and no neighbours: whether a line belongs where it stands is chain.ts.

import { HASH_WORDS, isHashAt, skipHash } from "./hash-token.ts";
import { closing, skipFilledInteger, skipFilledList, skipFilledTime, skipNotes, skipOneOf, skipRedaction } from "./line-parts.ts";
import { LineShape, LineShapes, type Place } from "./line-shape.ts";
import { Repeated } from "./repeated.ts";
import { skipTime } from "./time-token.ts";
import {
  CLOSE_BRACE,
  COMMA,
  type Literal,
  lastCount,
  literal,
  OPEN_BRACE,
  QUOTE,
  skip,
  skipCount,
  skipFilledString,
  skipHexId,
  startsWith,
} from "./tokens.ts";
import { type Reference, VALUE_PLACE, ValueScanner } from "./value-scan.ts";

export const MAX_LINE_BYTES = 65_535;

const V_LOG = literal('{"v":1,"log":');
const SEQ = literal(',"seq":');
const PREV = literal(',"prev":');
const RECEIVED = literal(',"received":');
const ID = literal(',"id":');
const EVENT = literal(',"event":');
const TIME = literal(',"time":');
const OBSERVED = literal(',"observed":');
const TRACE_ID = literal(',"trace_id":');
const SPAN_ID = literal(',"span_id":');
const FLAGS = literal(',"flags":');
const SEVERITY = literal(',"severity":');
const SEVERITY_TEXT = literal(',"severity_text":');
const ATTRIBUTES = literal(',"attributes":');
const DROPPED_ATTRIBUTES = literal(',"dropped_attributes":');
const BODY = literal(',"body":');
const SCOPE = literal(',"scope":');
const RESOURCE = literal(',"resource":');
const RESOURCE_SCHEMA_URL = literal(',"resource_schema_url":');
const RESOURCE_DROPPED = literal(',"resource_dropped_attributes":');
const REDACTIONS = literal(',"redactions":');
const PRODUCER = literal(',"producer":{"stream":');
const NUMBER = literal(',"number":');
const END = literal(',"end":true');
const WRITER = literal(',"writer":');
const NOTES = literal(',"notes":');
const QUARANTINE = literal(',"quarantine":{"code":');
const REASON = literal(',"reason":');
const BYTES = literal(',"bytes":');
const SCOPE_PARTS = ["name", "version", "schema_url"].map((name) => literal(`"${name}":`));
const SCOPE_ATTRIBUTES = literal('"attributes":');
const SCOPE_DROPPED = literal('"dropped_attributes":');
const ID_CONFLICT = literal('"ID_CONFLICT"');
const QUARANTINE_CODES = [...["MALFORMED", "TOO_DEEP", "TOO_LARGE"].map((code) => literal(`"${code}"`)), ID_CONFLICT];
/** Longer lines are too rare, and too costly to keep, for their shapes to be worth it. */
const MAX_SHAPE_BYTES = 8_192;

const SKIP_SCOPE = 0;
const SKIP_FIELDS = 1;
const SKIP_REDACTIONS = 2;

/** Kinds of {@link Place}, beside a value's. */
const STRING_PLACE = 1;
const TIME_PLACE = 2;
const TRACE_ID_PLACE = 3;
const SPAN_ID_PLACE = 4;
const STREAM_PLACE = 5;
const NUMBER_PLACE = 6;

const MAX_UINT32 = 2 ** 32 - 1;
const MAX_INT32 = 2 ** 31 - 1;

/** Scans one line after the other; its fields describe the last one that was accepted. Places are offsets into its bytes. */
export class LineScanner {
  seq = 0;
  /** The name's spelling, quotes included. */
  logStart = 0;
  logEnd = 0;
  /** Of the 44 characters. */
  prevStart = 0;
  /** Whether these are {@link expectedPrev}. */
  isLinked = false;
  /** Of the 30 characters. */
  receivedStart = 0;
  /** The id's spelling, quotes included. */
  idStart = 0;
  idEnd = 0;
  /** The spelling of the producer's stream, quotes included; 0 when the line names no producer. */
  streamStart = 0;
  streamEnd = 0;
  number = 0;
  isLast = false;
  /** The line is here because its id was taken: it may repeat an id, and a producer's number. */
  isConflict = false;
  /** What `prev` is likely to be, as spellHash of tokens.ts puts it: a hash that is, is not read again. */
  readonly expectedPrev: Int32Array = new Int32Array(HASH_WORDS);
  readonly #values = new ValueScanner();
  readonly #lastScope = new Repeated();
  readonly #lastResource = new Repeated();
  readonly #lastRedactions = new Repeated();
  readonly #shapes = new LineShapes();
  readonly #skipPlace = (b: Uint8Array, at: number, kind: number, level: number) => this.#place(b, at, kind, level);
  /** When set: gets the places where lines of one shape may differ. */
  #places: Place[] | undefined;

  /** The values that were moved out of the line. */
  get references(): readonly Reference[] {
    return this.#values.references;
  }

  /**
   * Scans the line that begins at `start`.
   * @param b valid UTF-8; a newline stands somewhere at or after `start`
   * @returns where it ends, or -1 when no line begins here. Whether that is where it should end, the caller knows.
   * Cost: a quarter of a nanosecond a byte where lines resemble each other; else one or two.
   */
  scan(b: Uint8Array, start: number): number {
    if (this.#values.references.length > 0) this.#values.references = [];
    this.streamStart = 0;
    this.isConflict = false;
    const tail = this.#head(b, start);
    if (tail < 0) return -1;
    let end = this.#shapes.skip(b, tail, this.#skipPlace);
    if (end < 0) {
      this.#forgetTail();
      end = this.#tail(b, tail);
      if (end > 0 && this.#shapes.isWorthwhile) this.#remember(b, tail, end);
    }
    return end - start > MAX_LINE_BYTES ? -1 : end;
  }

  /** Takes back what a shape found in a line that turned out to be of another. */
  #forgetTail(): void {
    if (this.#values.references.length > 0) this.#values.references = [];
    this.streamStart = 0;
  }

  /** Walks an accepted tail once more for its shape. Values that were moved out have to be gathered each time: such a line has none. */
  #remember(b: Uint8Array, tail: number, end: number): void {
    if (this.#values.references.length > 0 || this.isConflict || end - tail > MAX_SHAPE_BYTES) return;
    const places: Place[] = [];
    this.#places = places;
    this.#values.places = places;
    this.#tail(b, tail);
    this.#places = undefined;
    this.#values.places = undefined;
    this.#shapes.add(b, tail, new LineShape(b, tail, end, places, (kind) => kind >= STREAM_PLACE));
  }

  #note(kind: number, start: number, end: number): number {
    if (this.#places !== undefined && end > 0) this.#places.push({ kind, level: 0, start, end });
    return end;
  }

  #place(b: Uint8Array, at: number, kind: number, level: number): number {
    switch (kind) {
      case VALUE_PLACE:
        return this.#values.skipValue(b, at, level);
      case STRING_PLACE:
        return skipFilledString(b, at);
      case TIME_PLACE:
        return skipFilledTime(b, at);
      case TRACE_ID_PLACE:
        return skipHexId(b, at, 32);
      case SPAN_ID_PLACE:
        return skipHexId(b, at, 16);
      case STREAM_PLACE:
        return this.#stream(b, at);
      default:
        return this.#number(b, at);
    }
  }

  #head(b: Uint8Array, start: number): number {
    this.logStart = skip(b, start, V_LOG);
    if (this.logStart < 0) return -1;
    this.logEnd = skipFilledString(b, this.logStart);
    if (this.logEnd < 0) return -1;
    const seq = skip(b, this.logEnd, SEQ);
    const seqEnd = seq < 0 ? -1 : skipCount(b, seq);
    if (seqEnd < 0) return -1;
    this.seq = lastCount();
    const prev = skip(b, seqEnd, PREV);
    const prevEnd = prev < 0 ? -1 : this.#prev(b, prev);
    const received = prevEnd < 0 ? -1 : skip(b, prevEnd, RECEIVED);
    const receivedEnd = received < 0 ? -1 : skipTime(b, received);
    if (receivedEnd < 0) return -1;
    this.prevStart = prev + 1;
    this.receivedStart = received + 1;
    this.idStart = skip(b, receivedEnd, ID);
    this.idEnd = this.idStart < 0 ? -1 : skipFilledString(b, this.idStart);
    return this.idEnd;
  }

  #prev(b: Uint8Array, at: number): number {
    this.isLinked = isHashAt(b, at + 1, this.expectedPrev);
    return this.isLinked && b[at] === QUOTE && b[at + 45] === QUOTE ? at + 46 : skipHash(b, at);
  }

  /** The fields after the id, each of which may be absent, in their order. @returns where the line ends, or -1 */
  #tail(b: Uint8Array, at: number): number {
    let p = at;
    if (isNext(b, p, EVENT)) p = skipFilledString(b, p + EVENT.bytes.length);
    if (p > 0 && isNext(b, p, TIME)) p = this.#note(TIME_PLACE, p + TIME.bytes.length, skipFilledTime(b, p + TIME.bytes.length));
    if (p > 0 && isNext(b, p, OBSERVED))
      p = this.#note(TIME_PLACE, p + OBSERVED.bytes.length, skipFilledTime(b, p + OBSERVED.bytes.length));
    if (p > 0 && isNext(b, p, TRACE_ID))
      p = this.#note(TRACE_ID_PLACE, p + TRACE_ID.bytes.length, skipHexId(b, p + TRACE_ID.bytes.length, 32));
    if (p > 0 && isNext(b, p, SPAN_ID))
      p = this.#note(SPAN_ID_PLACE, p + SPAN_ID.bytes.length, skipHexId(b, p + SPAN_ID.bytes.length, 16));
    if (p > 0 && isNext(b, p, FLAGS)) p = skipFilledInteger(b, p + FLAGS.bytes.length, 0, 255);
    if (p > 0 && isNext(b, p, SEVERITY)) p = skipFilledInteger(b, p + SEVERITY.bytes.length, -MAX_INT32 - 1, MAX_INT32);
    if (p > 0 && isNext(b, p, SEVERITY_TEXT)) p = skipFilledString(b, p + SEVERITY_TEXT.bytes.length);
    if (p > 0 && isNext(b, p, ATTRIBUTES)) p = this.#filledFields(b, p + ATTRIBUTES.bytes.length);
    if (p > 0 && isNext(b, p, DROPPED_ATTRIBUTES)) p = skipFilledInteger(b, p + DROPPED_ATTRIBUTES.bytes.length, 0, MAX_UINT32);
    if (p > 0 && isNext(b, p, BODY)) p = this.#values.skipValue(b, p + BODY.bytes.length, 1);
    if (p > 0 && isNext(b, p, SCOPE)) p = this.#again(this.#lastScope, b, p + SCOPE.bytes.length, SKIP_SCOPE);
    if (p > 0 && isNext(b, p, RESOURCE)) p = this.#again(this.#lastResource, b, p + RESOURCE.bytes.length, SKIP_FIELDS);
    if (p > 0 && isNext(b, p, RESOURCE_SCHEMA_URL)) p = skipFilledString(b, p + RESOURCE_SCHEMA_URL.bytes.length);
    if (p > 0 && isNext(b, p, RESOURCE_DROPPED)) p = skipFilledInteger(b, p + RESOURCE_DROPPED.bytes.length, 0, MAX_UINT32);
    if (p > 0 && isNext(b, p, REDACTIONS)) p = this.#again(this.#lastRedactions, b, p + REDACTIONS.bytes.length, SKIP_REDACTIONS);
    if (p > 0 && isNext(b, p, PRODUCER)) p = this.#producer(b, p + PRODUCER.bytes.length);
    if (p > 0 && isNext(b, p, WRITER))
      p = this.#note(STRING_PLACE, p + WRITER.bytes.length, skipFilledString(b, p + WRITER.bytes.length));
    if (p > 0 && isNext(b, p, NOTES)) p = skipNotes(b, p + NOTES.bytes.length);
    if (p > 0 && isNext(b, p, QUARANTINE)) p = this.#quarantine(b, p + QUARANTINE.bytes.length);
    return p > 0 && b[p] === CLOSE_BRACE ? p + 1 : -1;
  }

  /** A field that is often the same as in the line before: walked only when it is not. */
  #again(
    last: Repeated,
    b: Uint8Array,
    at: number,
    kind: typeof SKIP_SCOPE | typeof SKIP_FIELDS | typeof SKIP_REDACTIONS,
  ): number {
    const again = this.#places === undefined ? last.skip(b, at) : -1;
    if (again > 0) return again;
    const references = this.#values.references.length;
    const end =
      kind === SKIP_SCOPE
        ? this.#scope(b, at)
        : kind === SKIP_FIELDS
          ? this.#filledFields(b, at)
          : skipFilledList(b, at, skipRedaction);
    // A value with references in it is walked each time: they have to be gathered.
    if (end > 0 && this.#values.references.length === references) last.remember(b, at, end);
    return end;
  }

  #filledFields(b: Uint8Array, at: number): number {
    return b[at + 1] === CLOSE_BRACE ? -1 : this.#values.skipFields(b, at, 1);
  }

  #scope(b: Uint8Array, at: number): number {
    if (b[at] !== OPEN_BRACE || b[at + 1] === CLOSE_BRACE) return -1;
    // A comma before each part but the first: `p` stands where the next part's name would begin.
    let p = at + 1;
    let end = at;
    for (const part of SCOPE_PARTS) {
      if (!startsWith(b, p, part)) continue;
      end = skipFilledString(b, p + part.bytes.length);
      if (end < 0 || b[end] !== COMMA) return closing(b, end);
      p = end + 1;
    }
    if (startsWith(b, p, SCOPE_ATTRIBUTES)) {
      end = this.#filledFields(b, p + SCOPE_ATTRIBUTES.bytes.length);
      if (end < 0 || b[end] !== COMMA) return closing(b, end);
      p = end + 1;
    }
    if (!startsWith(b, p, SCOPE_DROPPED)) return -1;
    return closing(b, skipFilledInteger(b, p + SCOPE_DROPPED.bytes.length, 0, MAX_UINT32));
  }

  #producer(b: Uint8Array, at: number): number {
    const streamEnd = this.#note(STREAM_PLACE, at, this.#stream(b, at));
    const number = streamEnd < 0 ? -1 : skip(b, streamEnd, NUMBER);
    const end = number < 0 ? -1 : this.#note(NUMBER_PLACE, number, this.#number(b, number));
    return closing(b, end > 0 && this.isLast ? end + END.bytes.length : end);
  }

  #stream(b: Uint8Array, at: number): number {
    this.streamStart = at;
    this.streamEnd = skipFilledString(b, at);
    return this.streamEnd;
  }

  #number(b: Uint8Array, at: number): number {
    const end = skipCount(b, at);
    if (end < 0 || lastCount() < 1) return -1;
    this.number = lastCount();
    this.isLast = startsWith(b, end, END);
    return end;
  }

  #quarantine(b: Uint8Array, at: number): number {
    let p = skipOneOf(b, at, QUARANTINE_CODES);
    this.isConflict = startsWith(b, at, ID_CONFLICT);
    if (p > 0 && startsWith(b, p, REASON)) p = skipFilledString(b, p + REASON.bytes.length);
    if (p > 0 && startsWith(b, p, BYTES)) p = this.#values.skipReference(b, p + BYTES.bytes.length);
    return closing(b, p);
  }
}

/** Whether a field begins here. Most do not, and differ in the first letter of their names: the call to compare all is spared. */
function isNext(b: Uint8Array, at: number, field: Literal): boolean {
  return b[at + 2] === field.third && startsWith(b, at, field);
}
