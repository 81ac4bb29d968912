// default-audit.ts: the one `audit` that most applications use, configured by the environment, opened by its first use.

import { type Audit, createAudit } from "./audit.ts";

let instance: Audit | undefined;

function theAudit(): Audit {
  instance ??= createAudit();
  return instance;
}

/** Puts another one in its place, for tests. @returns what puts the one before back */
export function replaceAudit(other: Audit): () => void {
  const before = instance;
  instance = other;
  return () => {
    instance = before;
  };
}

/**
 * The process's audit trail. Reads PROOFLINE_* and OTEL_* when it is first used; creates no file before.
 * @throws {AuditError} INVALID_OPTION, from its first use, when the environment holds something that cannot be used
 */
export const audit: Audit = {
  record: (event) => theAudit().record(event),
  commit: (event, options) => theAudit().commit(event, options),
  flush: (options) => theAudit().flush(options),
  shutdown: (options) => theAudit().shutdown(options),
  stats: () => theAudit().stats(),
  measure: (value) => theAudit().measure(value),
  start: () => theAudit().start(),
  get keepsContent() {
    return theAudit().keepsContent;
  },
  get destination() {
    return theAudit().destination;
  },
  get loggerProvider() {
    return theAudit().loggerProvider;
  },
};
