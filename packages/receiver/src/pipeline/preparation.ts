// preparation.ts: who prepares requests: this thread, or others beside it (prepare-pool.ts). Whoever it is, the result is the same.

import type { Redactor } from "@proofline/redaction";
import type { Encoding } from "../otlp/media-type.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import { type PreparerOptions, RequestPreparer } from "./request-preparer.ts";

export interface Preparation {
  /**
   * @param body whole and inflated; it may be given away: do not read it afterwards
   * @param writer who sent it, authenticated; "" for nobody known
   * @throws {DecodeError} {RequestError}
   */
  prepare(body: Uint8Array, encoding: Encoding, writer: string): Promise<PreparedRequest>;
  /** Takes back the memory of a request whose records are durable. */
  release(request: PreparedRequest): void;
  /** Requests that come from now on are redacted by another policy; those under way keep theirs. */
  replaceRedactor(redactor: Redactor): void;
  /** What is still under way is rejected with a RequestError: its sender comes again. */
  close(): Promise<void>;
}

/** Prepares in this thread. */
export function prepareHere(o: PreparerOptions): Preparation {
  const preparer = new RequestPreparer(o);
  return {
    prepare: async (body, encoding, writer) => preparer.prepare(body, encoding, writer),
    release: () => {},
    replaceRedactor: (redactor) => preparer.replaceRedactor(redactor),
    close: async () => {},
  };
}
