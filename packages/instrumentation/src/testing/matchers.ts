// matchers.ts: for `expect.extend(auditMatchers)` of vitest and jest.

import type { ExpectedEvent } from "./match.ts";
import type { AuditRecorder } from "./recorder.ts";

interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

/** What the matchers add to an expectation; see the README for the line that tells TypeScript. */
export interface AuditMatchers<R = unknown> {
  /** At least one event is so; with `not`, none is. */
  toHaveAuditEvent(expected: ExpectedEvent): R;
  /** So many events in all. */
  toHaveAuditEvents(count: number): R;
}

export const auditMatchers: {
  toHaveAuditEvent(recorder: AuditRecorder, expected: ExpectedEvent): Verdict;
  toHaveAuditEvents(recorder: AuditRecorder, count: number): Verdict;
} = {
  toHaveAuditEvent(recorder, expected) {
    const found = recorder.matching(expected);
    return {
      pass: found.length > 0,
      message: () => (found.length > 0 ? `an audit event was not expected: ${found[0]!.event}` : recorder.describe(expected)),
    };
  },
  toHaveAuditEvents(recorder, count) {
    const { events } = recorder;
    return {
      pass: events.length === count,
      message: () => `${events.length} audit events, not ${count}: ${events.map(({ event }) => event).join(", ")}`,
    };
  },
};
