// recorder.ts: the audit events of a test, in memory: what the application under test emitted, as the receiver would have got it, redacted.

import { AssertionError } from "node:assert";
import * as names from "@proofline/event";
import { type Audit, type AuditOptions, createAudit } from "../audit.ts";
import { replaceAudit } from "../default-audit.ts";
import type { AuditLogRecord } from "../deliver/sink.ts";
import { Notices } from "../notices.ts";
import { difference, type ExpectedEvent } from "./match.ts";
import { MemorySink } from "./memory-sink.ts";

/** An event as it would have been sent. */
export interface RecordedEvent {
  readonly id: string;
  readonly event: string;
  readonly action: string | undefined;
  readonly outcome: string | undefined;
  readonly actor: { readonly id: string | undefined; readonly type: string | undefined };
  readonly target: { readonly id: string | undefined; readonly type: string | undefined };
  readonly reason: string | undefined;
  readonly body: unknown;
  /** All of them, those above included. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Hex; "" outside of any trace. */
  readonly traceId: string;
}

/** Makes the process's `audit` record into memory until `restore()`. Nothing touches the disk or the network. */
export function recordAudit(options: Omit<AuditOptions, "exporter"> = {}): AuditRecorder {
  return new AuditRecorder(options);
}

export class AuditRecorder {
  readonly #sink = new MemorySink();
  readonly #restore: () => void;
  /** The instance that records; also what `audit` is until `restore()`. */
  readonly audit: Audit;

  constructor(options: Omit<AuditOptions, "exporter"> = {}) {
    const world = { env: {}, notices: new Notices(() => undefined), newSink: () => this.#sink };
    this.audit = createAudit(
      { serviceName: "test", redactionKey: TEST_KEY, exitHooks: false, endMarker: false, ...options },
      world,
    );
    this.#restore = replaceAudit(this.audit);
  }

  /** So far, oldest first. */
  get events(): readonly RecordedEvent[] {
    return this.#sink.records.map(recorded);
  }

  /** Those that are as expected, where that says anything. */
  matching(expected: ExpectedEvent): readonly RecordedEvent[] {
    return this.events.filter((event) => difference(event, expected) === undefined);
  }

  /** @returns the first that is as expected. @throws {AssertionError} when there is none; it shows what there is */
  assertEvent(expected: ExpectedEvent): RecordedEvent {
    const [found] = this.matching(expected);
    if (found !== undefined) return found;
    throw new AssertionError({
      message: this.describe(expected),
      actual: this.events,
      expected,
      operator: "assertEvent",
    });
  }

  /** @throws {AssertionError} when an event is as given */
  assertNoEvent(expected: ExpectedEvent = {}): void {
    const [found] = this.matching(expected);
    if (found === undefined) return;
    throw new AssertionError({
      message: `there is an audit event that was not expected: ${line(found)}`,
      actual: found,
      expected,
      operator: "assertNoEvent",
    });
  }

  /** Why no event is as expected, for a person. */
  describe(expected: ExpectedEvent): string {
    const { events } = this;
    if (events.length === 0) return "no audit event was recorded at all";
    const near = events.map((event) => `  ${line(event)}: not its ${difference(event, expected) ?? ""}`);
    return `none of ${events.length} audit events is as expected:\n${near.join("\n")}`;
  }

  /** Forgets what was recorded so far. */
  clear(): void {
    this.#sink.records.length = 0;
  }

  /** Gives `audit` back what it was before. */
  restore(): void {
    this.#restore();
  }

  [Symbol.dispose](): void {
    this.restore();
  }
}

/** Tests must not depend on a site's key; tokens and digests are still made, the same ones in every run. */
const TEST_KEY = new Uint8Array(32).fill(1);

function recorded({ eventName, attributes, body, spanContext }: AuditLogRecord): RecordedEvent {
  const text = (name: string): string | undefined => {
    const value = attributes.get(name);
    return typeof value === "string" ? value : undefined;
  };
  return {
    id: text(names.ATTR_AUDIT_RECORD_ID) ?? "",
    event: eventName,
    action: text(names.ATTR_AUDIT_ACTION),
    outcome: text(names.ATTR_AUDIT_OUTCOME),
    actor: { id: text(names.ATTR_AUDIT_ACTOR_ID), type: text(names.ATTR_AUDIT_ACTOR_TYPE) },
    target: { id: text(names.ATTR_AUDIT_TARGET_ID), type: text(names.ATTR_AUDIT_TARGET_TYPE) },
    reason: text(names.ATTR_PROOFLINE_REASON),
    body,
    attributes: Object.fromEntries(attributes),
    traceId: spanContext?.traceId ?? "",
  };
}

function line({ event, actor, action, outcome, target }: RecordedEvent): string {
  const who = actor.id === undefined ? "nobody" : `${actor.type ?? "?"}:${actor.id}`;
  const what = target.id === undefined ? "" : ` ${target.type ?? "?"}:${target.id}`;
  return `${event || "(no event)"} ${who} ${action ?? "?"} ${outcome ?? "?"}${what}`;
}
