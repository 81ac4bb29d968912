// request-preparer.ts: a request's body to the tails of its records: what can be done beside other requests, on any thread. The direct path
// first; record by record what that leaves goes the long way, which is the reference. Synchronous; knows no ledger.

import { ATTR_AUDIT_INTEGRITY_VALUE, formatWriter, keyPath, type LogRecord, Piece } from "@proofline/event";
import type { IdKey } from "@proofline/ledger";
import type { Redactor } from "@proofline/redaction";
import type { Decoded, DecodedRecord, DecodeLimits } from "../decode/decoded.ts";
import { eachLogsJson } from "../decode/json.ts";
import { ProtobufRequest } from "../decode/protobuf.ts";
import type { Encoding } from "../otlp/media-type.ts";
import { SignatureChecker } from "../signatures/checker.ts";
import type { SignatureKey } from "../signatures/keys.ts";
import { recycledSize } from "./buffer-pool.ts";
import { DirectPath } from "./direct/direct-path.ts";
import { CONFLICT_BYTES, isAudit, prepare } from "./prepare.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import { producerRuns } from "./producer-runs.ts";
import { RecordRedactor } from "./redact.ts";
import { type ReturnClaim, returnClaim } from "./returned.ts";
import { TailList } from "./tail-list.ts";
import { Tally } from "./tally.ts";

export interface PreparerOptions {
  readonly redactor: Redactor;
  /** Encrypts the bytes of records that could not be decoded, and so not redacted. */
  readonly seal: (bytes: Uint8Array) => Uint8Array;
  readonly nextId: () => string;
  /** `audit` ignores records without any `audit.*` attribute. */
  readonly accept: "all" | "audit";
  /** The ledger's. */
  readonly maxTailBytes: number;
  /** The ledger's. */
  readonly idKey: IdKey;
  readonly limits: DecodeLimits;
  /** Records' own signatures are checked with them; without any they are left alone. */
  readonly signatures?: readonly SignatureKey[];
}

const NOTHING = new Piece(new Uint8Array());
/** Of a tail that is smaller than its record on the wire there is none: names are spelled out. */
const TAIL_BYTES = 1.5;

export class RequestPreparer {
  readonly #o: PreparerOptions;
  readonly #tails: TailList;
  /** Undefined: signatures are left alone. */
  readonly #checker: SignatureChecker | undefined;
  #redactor: Redactor;
  #direct: DirectPath;
  #to: Parameters<typeof prepare>[1] | undefined;
  #claims = new Map<number, ReturnClaim>();
  /** Whether a record that went the long way names its producer. */
  #hasProducers = false;

  constructor(o: PreparerOptions) {
    this.#o = o;
    this.#tails = new TailList(o.idKey);
    const { signatures = [] } = o;
    this.#checker = signatures.length === 0 ? undefined : new SignatureChecker(signatures);
    this.#redactor = o.redactor;
    this.#direct = this.#directPath();
  }

  /** Requests from now on are redacted by another policy. */
  replaceRedactor(redactor: Redactor): void {
    this.#redactor = redactor;
    this.#direct = this.#directPath();
  }

  /**
   * @param writer who sent it, authenticated; "" for nobody known
   * @param spare a buffer that may be used for the tails
   * @throws {DecodeError} when the envelope is broken
   */
  prepare(body: Uint8Array, encoding: Encoding, writer: string, spare?: ArrayBuffer): PreparedRequest {
    if (encoding === "json") return this.#run(0, spare, (tally) => this.#json(body, writer, tally));
    return this.#run(body.length * TAIL_BYTES, spare, (tally) => this.#protobuf(body, writer, tally));
  }

  /** The long way for all of them. */
  prepareDecoded({ records }: Decoded, writer: string, spare?: ArrayBuffer): PreparedRequest {
    return this.#run(0, spare, (tally) => {
      for (const decoded of records) this.#long(decoded, writer, tally);
      return records.length;
    });
  }

  #run(bytes: number, spare: ArrayBuffer | undefined, prepareAll: (tally: Tally) => number): PreparedRequest {
    const tally = new Tally();
    const objects: Uint8Array[] = [];
    const redactor = new RecordRedactor(this.#redactor);
    const { nextId, seal, maxTailBytes } = this.#o;
    this.#to = { redactor, nextId, seal, maxTailBytes, objects, tally };
    this.#tails.begin(spare ?? new ArrayBuffer(bytes === 0 ? 0 : recycledSize(bytes)));
    this.#direct.begin(redactor);
    this.#claims = new Map();
    this.#hasProducers = false;
    const records = prepareAll(tally);
    this.#direct.tell(tally);
    const taken = this.#tails.take();
    const producers = this.#direct.hasProducers || this.#hasProducers ? producerRuns(taken.tails) : [];
    return { records, ...taken, objects, claims: this.#claims, producers, tally: tally.data() };
  }

  #json(body: Uint8Array, writer: string, tally: Tally): number {
    let records = 0;
    eachLogsJson(body, this.#o.limits, (decoded) => {
      records++;
      this.#long(decoded, writer, tally);
    });
    return records;
  }

  #protobuf(body: Uint8Array, writer: string, tally: Tally): number {
    const request = new ProtobufRequest(body, this.#o.limits);
    const { values } = request;
    const spelledWriter = writer === "" ? NOTHING : Piece.of(formatWriter(writer));
    let records = 0;
    request.eachRecord((end, resource, scope) => {
      records++;
      const start = values.wire.pos;
      switch (this.#direct.write(values, end, resource, scope, spelledWriter)) {
        case "written":
          this.#tails.add(undefined);
          return;
        case "ignored":
          tally.ignored++;
          return;
        case "unusual":
          values.wire.pos = start;
          this.#long(request.decode(end, resource, scope), writer, tally);
      }
    });
    return records;
  }

  #long(decoded: DecodedRecord, writer: string, tally: Tally): void {
    if (this.#o.accept === "audit" && !isAudit(decoded)) {
      tally.ignored++;
      return;
    }
    const claim = returnClaim(decoded.record);
    if (claim !== undefined) this.#claims.set(this.#tails.count, claim);
    if (writer !== "") decoded.record.writer = writer;
    if (decoded.record.quarantine === undefined) this.#noteSignature(decoded.record, tally);
    const { tail, record } = prepare(decoded, this.#to!);
    if (record.producer !== undefined) this.#hasProducers = true;
    this.#tails.out.text(tail);
    this.#tails.add(record.quarantine?.code);
  }

  /** Before anything else is done to the record: what was signed is what came. */
  #noteSignature(record: LogRecord, tally: Tally): void {
    const note = this.#checker?.check(record);
    if (note === undefined) return;
    record.notes.push({ path: keyPath("attributes", ATTR_AUDIT_INTEGRITY_VALUE), note });
    tally.addSignature(note);
  }

  #directPath(): DirectPath {
    const { nextId, accept, maxTailBytes, limits } = this.#o;
    return new DirectPath({
      ...{ redactor: this.#redactor, out: this.#tails.out, nextId, limits },
      ...{ maxTailBytes: maxTailBytes - CONFLICT_BYTES, auditOnly: accept === "audit" },
      checksSignatures: this.#checker !== undefined,
    });
  }
}
