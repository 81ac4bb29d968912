// direct-path.ts: the fast way through a protobuf request: what its records share once, and each record from bytes to bytes. Holds what is
// remembered from request to request under one policy.

import { formatShared, ILL_FORMED, Piece, type Resource, type Scope, type TailWriter } from "@proofline/event";
import type { Redactor } from "@proofline/redaction";
import type { Part } from "../../decode/above.ts";
import type { DecodeLimits } from "../../decode/decoded.ts";
import type { ValueDecoder } from "../../decode/protobuf-value.ts";
import type { RecordRedactor } from "../redact.ts";
import type { Tally } from "../tally.ts";
import { EntryCounts, SpelledEntry } from "./entry-spelling.ts";
import { MAX_RECORD_BYTES } from "./fields.ts";
import { Keys } from "./keys.ts";
import { DirectRecord, LACKS, type Outcome, type SharedPart } from "./record.ts";
import { Texts } from "./texts.ts";

export interface DirectPathOptions {
  readonly redactor: Redactor;
  readonly out: TailWriter;
  readonly nextId: () => string;
  readonly maxTailBytes: number;
  readonly auditOnly: boolean;
  readonly limits: DecodeLimits;
  /** Records with a signature are none for this path. */
  readonly checksSignatures: boolean;
}

export class DirectPath {
  readonly #record: DirectRecord;
  readonly #counts = new EntryCounts();
  /** The limits are so low that a record which is short enough could be beyond them: then all go the long way. */
  readonly #isOff: boolean;
  /** Records by what they lack. */
  readonly #lacks: number[] = new Array<number>(2 ** LACKS.length).fill(0);
  #droppedAttributes = 0;
  /** Whether a record since `begin` names its producer. */
  hasProducers = false;
  #resource: Part<Resource> | undefined;
  #scope: Part<Scope> | undefined;
  #shared: SharedPart | undefined;
  #redactor: RecordRedactor | undefined;

  constructor({ redactor, out, nextId, maxTailBytes, auditOnly, limits, checksSignatures }: DirectPathOptions) {
    const [keys, texts, counts] = [new Keys({ redactor, checksSignatures }), new Texts(redactor), this.#counts];
    this.#record = new DirectRecord({ redactor, keys, texts, out, nextId, maxTailBytes, auditOnly, counts });
    this.#isOff = limits.maxAttributes < MAX_RECORD_BYTES || limits.maxValues < MAX_RECORD_BYTES;
  }

  /** @param redactor of the request, for what its records share */
  begin(redactor: RecordRedactor): void {
    this.#redactor = redactor;
    this.#resource = this.#scope = this.#shared = undefined;
    this.#lacks.fill(0);
    this.#droppedAttributes = 0;
    this.hasProducers = false;
    this.#counts.take(() => {});
  }

  /** Writes the tail of the record that ends at `end`, from where the reader stands, if it is one for this path. */
  write(values: ValueDecoder, end: number, resource: Part<Resource>, scope: Part<Scope>, writer: Piece): Outcome {
    if (this.#isOff) return "unusual";
    if (resource !== this.#resource || scope !== this.#scope) {
      this.#resource = resource;
      this.#scope = scope;
      this.#shared = this.#sharedOf(resource, scope);
    }
    if (this.#shared === undefined) return "unusual";
    const outcome = this.#record.write(values, end, this.#shared, writer);
    if (outcome === "written") {
      this.#lacks[this.#record.lacks]!++;
      this.#droppedAttributes += this.#record.droppedAttributes;
      if (this.#record.hasProducer) this.hasProducers = true;
    }
    return outcome;
  }

  /** Adds what was counted since `begin`. */
  tell(tally: Tally): void {
    for (const [lacks, records] of this.#lacks.entries()) {
      if (records > 0)
        for (const [bit, path] of LACKS.entries()) if ((lacks >> bit) & 1 && path !== "id") tally.addMissing(path, records);
    }
    tally.addDropped(this.#droppedAttributes);
    this.#counts.take(({ rule, action }, count) => tally.addRedaction(rule, action, count));
  }

  /** Undefined when there is something to say about it in every line. */
  #sharedOf(resource: Part<Resource>, scope: Part<Scope>): SharedPart | undefined {
    if (resource.unreadable !== undefined || scope.unreadable !== undefined) return undefined;
    if (resource.notes.length > 0 || scope.notes.length > 0) return undefined;
    const ofScope = this.#redactor!.scope(scope.value);
    const ofResource = this.#redactor!.resource(resource.value);
    try {
      return {
        spelled: Piece.of(formatShared(ofScope.value, ofResource.value)),
        entries: [...ofScope.entries, ...ofResource.entries].map((entry) => new SpelledEntry(entry)),
      };
    } catch (thrown) {
      if (thrown !== ILL_FORMED) throw thrown;
      return undefined;
    }
  }
}
