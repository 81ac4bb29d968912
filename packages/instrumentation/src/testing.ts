// What the tests of an application may use: `@proofline/instrumentation/testing`.

export { type ExpectedEvent, matches } from "./testing/match.ts";
export { type AuditMatchers, auditMatchers } from "./testing/matchers.ts";
export { AuditRecorder, type RecordedEvent, recordAudit } from "./testing/recorder.ts";
