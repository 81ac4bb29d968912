// planted.ts: records that the demo does not have, so that no panel is empty and every rule has its case. Sent as OTLP/JSON, as any service would.

type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Planted {
  readonly event: string;
  readonly service?: string;
  /** Unix nanoseconds; left out: now. */
  readonly timeNs?: bigint;
  readonly attributes: Attributes;
}

const who = (id: string, action: string, outcome = "success", type = "user"): Attributes => ({
  "audit.actor.id": id,
  "audit.actor.type": type,
  "audit.action": action,
  "audit.outcome": outcome,
});
const target = (id: string, type: string): Attributes => ({ "audit.target.id": id, "audit.target.type": type });
const decision = (id: string, outcome: string, confidence: number): Planted => ({
  event: "decision.made",
  service: "risk",
  attributes: {
    ...who("risk-scorer", "EXECUTE", "success", "service"),
    "proofline.event.class": "decision",
    "proofline.decision.id": id,
    "proofline.decision.outcome": outcome,
    "proofline.decision.confidence": confidence,
    "proofline.policy.id": "credit",
    "proofline.policy.version": "7",
    "gen_ai.request.model": "risk-scorer-2",
    "proofline.workflow.id": "credit-check",
  },
});

/** Three in the morning of the day that it is in UTC. */
export function smallHoursNs(nowMs: number): bigint {
  const day = 86_400_000;
  return BigInt(Math.floor(nowMs / day) * day + 3 * 3_600_000) * 1_000_000n;
}

/** For the dashboards. @param nowMs of the test */
export function forPanels(nowMs: number): Planted[] {
  const login = { "audit.source.id": "203.0.113.9", "audit.source.type": "ipv4", "proofline.event.class": "login" };
  return [
    ...[1, 2, 3].map(
      (): Planted => ({ event: "user.login", service: "portal", attributes: { ...who("eve", "LOGIN", "failure"), ...login } }),
    ),
    { event: "user.login", service: "portal", attributes: { ...who("ann", "LOGIN"), ...login } },
    {
      ...{ event: "data.accessed", service: "portal", timeNs: smallHoursNs(nowMs) },
      attributes: { ...who("night.owl", "EXPORT"), ...target("customers", "table"), "proofline.event.class": "access" },
    },
    { event: "report.written", service: "portal", attributes: { "audit.action": "WRITE", "audit.outcome": "success" } },
    {
      event: "authority.delegated",
      attributes: {
        ...who("max.roth", "DELEGATE"),
        ...target("approve-invoices", "permission"),
        "proofline.event.class": "delegation",
      },
    },
    {
      ...{ event: "approval.requested", service: "risk" },
      attributes: {
        ...who("ap-agent", "REVIEW", "success", "agent"),
        ...target("loan-9", "loan"),
        "proofline.approval.id": "approval-9",
        "proofline.approval.decision": "requested",
        "proofline.event.class": "approval",
      },
    },
    decision("decision-1", "allow", 0.9),
    decision("decision-2", "block", 0.4),
    decision("decision-3", "allow", 0.8),
    {
      event: "decision.overridden",
      service: "risk",
      attributes: {
        ...who("max.roth", "OVERRIDE"),
        ...target("decision-2", "decision"),
        "proofline.event.class": "override",
        "proofline.override.of": "decision-2",
        "proofline.reason": "income was misread",
        "proofline.workflow.id": "credit-check",
      },
    },
    ...[1, 2, 4].map(
      (number): Planted => ({
        event: "batch.step",
        service: "batch",
        attributes: {
          ...who("batch", "EXECUTE", "success", "service"),
          "audit.sequence.stream_id": "batch-run-1",
          "audit.sequence.number": number,
          "proofline.workflow.id": "nightly",
          "proofline.task.id": `step-${number}`,
          "proofline.step.duration_ns": number * 500_000_000,
          ...(number === 4 ? { "audit.outcome": "failure" } : {}),
        },
      }),
    ),
    {
      event: "thing.twice",
      service: "batch",
      attributes: { ...who("batch", "WRITE"), "audit.record.id": "same-id", "thing.value": 1 },
    },
    {
      event: "thing.twice",
      service: "batch",
      attributes: { ...who("batch", "WRITE"), "audit.record.id": "same-id", "thing.value": 2 },
    },
  ];
}

/** An ordinary day: nothing in it is anybody's business. */
export function quietDay(): Planted[] {
  return [
    { event: "user.login", service: "portal", attributes: who("ann", "LOGIN") },
    { event: "user.login", service: "portal", attributes: who("bob", "LOGIN", "failure") },
    { event: "user.login", service: "portal", attributes: who("bob", "LOGIN") },
    {
      event: "invoice.approved",
      service: "ap",
      attributes: { ...who("ap-agent", "APPROVE", "success", "service"), ...target("1", "invoice") },
    },
    inference("risk-scorer-2"),
    { event: "http.request", service: "ap", attributes: { "audit.action": "CREATE", "audit.outcome": "success" } },
    decision("decision-4", "allow", 0.7),
  ];
}

/** A call of a model as the instrumentation derives it from a span: without an actor. */
export function inference(model: string): Planted {
  return {
    event: "ai.inference",
    service: "ap",
    attributes: {
      ...{
        "audit.action": "EXECUTE",
        "audit.outcome": "success",
        "gen_ai.request.model": model,
        "proofline.derivation.scope": "ai",
      },
      ...target(model, "gen_ai.model"),
    },
  };
}

/** One case for each rule of the lines that a record can set off. */
export function forRules(nowMs: number): Planted[] {
  return [
    ...[1, 2, 3, 4, 5].map(
      (): Planted => ({ event: "user.login", service: "portal", attributes: who("eve", "LOGIN", "failure") }),
    ),
    inference("gpt-shadow"),
    {
      event: "model.access",
      service: "ap",
      attributes: { ...who("eve", "READ", "failure"), ...target("risk-scorer-2", "gen_ai.model") },
    },
    {
      event: "decision.overridden",
      service: "risk",
      attributes: { ...who("max.roth", "OVERRIDE"), ...target("decision-4", "decision") },
    },
    {
      event: "authority.delegated",
      service: "iam",
      attributes: { ...who("max.roth", "DELEGATE"), ...target("approve", "permission") },
    },
    { event: "report.written", service: "portal", attributes: { "audit.action": "WRITE", "audit.outcome": "success" } },
    {
      ...{ event: "thing.done", service: "ahead", timeNs: BigInt(nowMs + 600_000) * 1_000_000n },
      attributes: who("ann", "WRITE"),
    },
  ];
}

/** @throws when the receiver does not answer 200 */
export async function send(http: string, records: readonly Planted[]): Promise<void> {
  for (const { event, service, timeNs, attributes } of records) {
    const body = {
      resourceLogs: [
        {
          resource: { attributes: [{ key: "service.name", value: { stringValue: service ?? "planted" } }] },
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: String(timeNs ?? BigInt(Date.now()) * 1_000_000n),
                  severityNumber: 9,
                  eventName: event,
                  attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) })),
                },
              ],
            },
          ],
        },
      ],
    };
    const headers = { "content-type": "application/json" };
    const response = await fetch(`http://${http}/v1/logs`, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.status !== 200) throw new Error(`the receiver answered ${response.status}: ${await response.text()}`);
  }
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
