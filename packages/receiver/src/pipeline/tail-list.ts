// tail-list.ts: gathers the tails of one request, their ids' hashes and what is said about each. Its buffers are handed over with the request and
// never used again by it: they may go to another thread.

import type { QuarantineCode } from "@proofline/event";
import { TailWriter } from "@proofline/event";
import { hashId, IdHasher, type IdKey } from "@proofline/ledger";
import { IdSet } from "./id-set.ts";
import { type PreparedRequest, QUARANTINE_CODES } from "./prepared-request.ts";

const FIRST_RECORDS = 256;

export class TailList {
  /** The next tail is written at its end. */
  readonly out: TailWriter = new TailWriter(0);
  readonly #hasher: IdHasher;
  readonly #ids = new IdSet();
  #ends = new Uint32Array(0);
  #hashes = new Uint32Array(0);
  #quarantines = new Uint8Array(0);
  #count = 0;
  #hasRepeats = false;

  constructor(key: IdKey) {
    this.#hasher = new IdHasher(key);
  }

  /** @param buffer for the tails; another one is made when they need more */
  begin(buffer: ArrayBuffer): void {
    this.out.use(buffer);
    this.#ids.begin();
    this.#ends = new Uint32Array(FIRST_RECORDS);
    this.#hashes = new Uint32Array(2 * FIRST_RECORDS);
    this.#quarantines = new Uint8Array(FIRST_RECORDS);
    this.#count = 0;
    this.#hasRepeats = false;
  }

  /** What was written since the last call is a tail. */
  add(code: QuarantineCode | undefined): void {
    const i = this.#count++;
    if (i === this.#ends.length) this.#grow();
    const start = i === 0 ? 0 : this.#ends[i - 1]!;
    this.#ends[i] = this.out.at;
    hashId(this.#hasher, this.out.bytes, start, this.out.at);
    const { low, high } = this.#hasher;
    this.#hashes[2 * i] = low;
    this.#hashes[2 * i + 1] = high;
    if (!this.#ids.add(low, high)) this.#hasRepeats = true;
    if (code !== undefined) this.#quarantines[i] = QUARANTINE_CODES.indexOf(code);
  }

  /** Tails added so far. */
  get count(): number {
    return this.#count;
  }

  /** What there is now. Begin anew before adding to it. */
  take(): Pick<PreparedRequest, "tails" | "quarantines" | "hasRepeats"> {
    const count = this.#count;
    return {
      tails: {
        bytes: this.out.bytes.subarray(0, this.out.at),
        ends: this.#ends.subarray(0, count),
        ids: this.#hashes.subarray(0, 2 * count),
      },
      quarantines: this.#quarantines.subarray(0, count),
      hasRepeats: this.#hasRepeats,
    };
  }

  #grow(): void {
    const size = 2 * this.#ends.length;
    this.#ends = larger(this.#ends, new Uint32Array(size));
    this.#hashes = larger(this.#hashes, new Uint32Array(2 * size));
    this.#quarantines = larger(this.#quarantines, new Uint8Array(size));
  }
}

function larger<T extends Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
