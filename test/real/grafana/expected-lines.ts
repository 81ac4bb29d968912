// expected-lines.ts: what each panel of the logs should show, counted here from the ledger's own lines and in another way than LogQL's.

export interface Stored {
  readonly line: {
    readonly log: string;
    readonly seq: number;
    readonly id?: string;
    readonly received: string;
    readonly time?: string;
    readonly event?: string;
    readonly trace_id?: string;
    readonly attributes?: Readonly<Record<string, unknown>>;
    readonly resource?: { readonly "service.name"?: string };
    readonly producer?: { readonly stream: string; readonly number: number };
    readonly quarantine?: { readonly code: string };
  };
  readonly text: string;
}
/** Labels, without empty ones and in the order of their names, to value. */
export type Values = ReadonlyMap<string, number>;
export type Lines = readonly Stored[];
type Labels = Readonly<Record<string, string | undefined>>;

/** What stands now, what stood a week before, and how many lines each log's newest checkpoint covers. */
export interface World {
  readonly now: Lines;
  readonly weekAgo: Lines;
  readonly signed: ReadonlyMap<string, number>;
}

export function key(labels: Labels): string {
  const there = Object.entries(labels).filter(([, value]) => value !== undefined && value !== "");
  return JSON.stringify(there.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const attribute = ({ line }: Stored, name: string): string | undefined => {
  const value = line.attributes?.[name];
  if (value === undefined) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
};
export const actor = (s: Stored): string | undefined => attribute(s, "audit.actor.id");
export const actorType = (s: Stored): string | undefined => attribute(s, "audit.actor.type");
export const action = (s: Stored): string | undefined => attribute(s, "audit.action");
export const outcome = (s: Stored): string | undefined => attribute(s, "audit.outcome");
export const targetId = (s: Stored): string | undefined => attribute(s, "audit.target.id");
export const model = (s: Stored): string | undefined => attribute(s, "gen_ai.request.model");
export const log = ({ line }: Stored): string => line.log;
export const event = ({ line }: Stored): string => line.event ?? "";
export const service = ({ line }: Stored): string => line.resource?.["service.name"] ?? "unknown_service";
const approvalOf = (s: Stored): string | undefined => attribute(s, "proofline.approval.id") ?? targetId(s);
export const confidence = (s: Stored): number => Number(attribute(s, "proofline.decision.confidence"));
const decided = (lines: Lines): Lines => lines.filter((s) => attribute(s, "proofline.decision.outcome") !== undefined);
const confident = (lines: Lines): Lines => lines.filter((s) => attribute(s, "proofline.decision.confidence") !== undefined);
export const inferences = (lines: Lines): Lines => lines.filter((s) => event(s) === "ai.inference");
const isOwn = (s: Stored): boolean => /^proofline\.(receiver|config|policy|clock)\./.test(event(s));

function groups(lines: Lines, by: (s: Stored) => Labels): Map<string, Stored[]> {
  const found = new Map<string, Stored[]>();
  for (const s of lines) found.set(key(by(s)), [...(found.get(key(by(s))) ?? []), s]);
  return found;
}
export const fold = (lines: Lines, by: (s: Stored) => Labels, value: (group: Lines) => number): Values =>
  new Map([...groups(lines, by)].map(([labels, group]) => [labels, value(group)]));
export const count = (lines: Lines, by: (s: Stored) => Labels): Values => fold(lines, by, (group) => group.length);
const unless = (a: Values, b: Values): Values => new Map([...a].filter(([labels]) => !b.has(labels)));
const minus = (a: Values, b: Values): Values =>
  new Map([...a].filter(([labels]) => b.has(labels)).map(([labels, value]) => [labels, value - b.get(labels)!]));
export const missing = (numbers: readonly number[]): number => Math.max(...numbers) - Math.min(...numbers) + 1 - numbers.length;
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
const sum = (lines: Lines, name: string): Values =>
  fold(
    lines.filter((s) => attribute(s, name) !== undefined),
    (s) => ({ model: model(s) }),
    (group) => group.reduce((total, s) => total + Number(attribute(s, name)), 0),
  );
const shares = (lines: Lines): Values =>
  fold(
    decided(lines),
    (s) => ({ decision: attribute(s, "proofline.decision.outcome") }),
    (group) => group.length / decided(lines).length,
  );
const hour = ({ line }: Stored): number => Number((line.time ?? line.received).slice(11, 13));
const PRIVILEGED = ["OVERRIDE", "DELEGATE", "GRANT", "REVOKE", "DELETE", "EXPORT", "CONFIGURE"];

/** By dashboard and title, for each query of the panel: its series, or its lines. */
export const EXPECTED: Readonly<Record<string, readonly ((w: World) => Values | Lines)[]>> = {
  "proofline-integrity/Lines missing in Loki": [
    ({ now }) =>
      fold(
        now,
        (s) => ({ log: log(s) }),
        (group) => missing(group.map(({ line }) => line.seq)),
      ),
  ],
  "proofline-integrity/Gaps in producers' numbers": [
    ({ now }) =>
      fold(
        now.filter(({ line }) => line.producer !== undefined),
        (s) => ({ log: log(s), producer: s.line.producer!.stream }),
        (group) => missing(group.map(({ line }) => line.producer!.number)),
      ),
  ],
  "proofline-integrity/Quarantined": [
    ({ now }) =>
      count(
        now.filter(({ line }) => line.quarantine !== undefined),
        (s) => ({ log: log(s), quarantine: s.line.quarantine!.code }),
      ),
  ],
  "proofline-integrity/Signed checkpoints in Loki": [
    ({ signed }) => new Map([...signed].map(([name, size]) => [key({ log: name }), size])),
  ],
  "proofline-integrity/What receivers say of themselves": [({ now }) => now.filter(isOwn)],

  "proofline-activity/By outcome": [({ now }) => count(now, (s) => ({ outcome: outcome(s) }))],
  "proofline-activity/By tenant and log": [
    ({ now }) =>
      count(now, (s) => ({
        tenant: s.line.log.startsWith("audit.") ? undefined : "acme",
        log: log(s),
        service_name: service(s),
      })),
  ],
  "proofline-activity/By action": [({ now }) => count(now, (s) => ({ action: action(s) }))],
  "proofline-activity/By actor": [
    ({ now }) =>
      count(
        now.filter((s) => actor(s) !== undefined),
        (s) => ({ actor_id: actor(s), actor_type: actorType(s) }),
      ),
  ],
  "proofline-activity/By event": [({ now }) => count(now, (s) => ({ event: event(s) }))],
  "proofline-activity/Targets": [
    ({ now }) =>
      count(
        now.filter((s) => targetId(s) !== undefined),
        (s) => ({ target_type: attribute(s, "audit.target.type"), target_id: targetId(s) }),
      ),
  ],
  "proofline-activity/Failed logins": [
    ({ now }) =>
      count(
        now.filter((s) => action(s) === "LOGIN" && outcome(s) === "failure"),
        (s) => ({ actor_id: actor(s), source: attribute(s, "audit.source.id") }),
      ),
  ],
  "proofline-activity/Refused": [
    ({ now }) =>
      count(
        now.filter((s) => outcome(s) === "failure" || action(s) === "REJECT"),
        (s) => ({ event: event(s), actor_id: actor(s), outcome: outcome(s) }),
      ),
  ],
  "proofline-activity/Off-hours": [
    ({ now }) =>
      count(
        now.filter((s) => actorType(s) === "user" && (hour(s) < 7 || hour(s) >= 19)),
        (s) => ({ actor_id: actor(s), action: action(s) }),
      ),
  ],
  "proofline-activity/Seen for the first time": [
    ({ now, weekAgo }) => {
      const actors = (lines: Lines): Values =>
        count(
          lines.filter((s) => actor(s) !== undefined),
          (s) => ({ actor_id: actor(s), actor_type: actorType(s) }),
        );
      return unless(actors(now), actors(weekAgo));
    },
  ],
  "proofline-activity/Privileged": [
    ({ now }) =>
      count(
        now.filter((s) => PRIVILEGED.includes(action(s) ?? "")),
        (s) => ({ actor_id: actor(s), action: action(s), target_id: targetId(s) }),
      ),
  ],
  "proofline-activity/Without an actor": [
    ({ now }) =>
      count(
        now.filter(
          (s) =>
            actor(s) === undefined &&
            s.line.quarantine === undefined &&
            !event(s).startsWith("http.") &&
            attribute(s, "proofline.derivation.scope") === undefined,
        ),
        (s) => ({ service_name: service(s), event: event(s) }),
      ),
  ],
  "proofline-activity/Lines": [({ now }) => now],

  "proofline-ai/Calls by model": [({ now }) => count(inferences(now), (s) => ({ model: model(s), outcome: outcome(s) }))],
  "proofline-ai/Served versions": [
    ({ now }) =>
      count(
        inferences(now).filter((s) => attribute(s, "gen_ai.response.model") !== undefined),
        (s) => ({ model: model(s), served: attribute(s, "gen_ai.response.model") }),
      ),
  ],
  "proofline-ai/Decisions": [({ now }) => count(decided(now), (s) => ({ decision: attribute(s, "proofline.decision.outcome") }))],
  "proofline-ai/Policy versions": [
    ({ now }) =>
      count(
        now.filter((s) => attribute(s, "proofline.policy.id") !== undefined),
        (s) => ({
          policy: attribute(s, "proofline.policy.id"),
          version: attribute(s, "proofline.policy.version"),
        }),
      ),
  ],
  "proofline-ai/Overrides": [
    ({ now }) =>
      count(
        now.filter((s) => action(s) === "OVERRIDE"),
        (s) => ({ actor_id: actor(s), target_id: targetId(s), reason: attribute(s, "proofline.reason") }),
      ),
  ],
  "proofline-ai/Approvals pending": [
    ({ now }) => {
      const by = (s: Stored): Labels => ({ log: log(s), subject: approvalOf(s) });
      const ended = /^approval\.(granted|refused|expired|executed)$/;
      return unless(
        count(
          now.filter((s) => event(s) === "approval.requested"),
          by,
        ),
        count(
          now.filter((s) => ended.test(event(s))),
          by,
        ),
      );
    },
  ],
  "proofline-ai/Approvals refused": [
    ({ now }) =>
      count(
        now.filter((s) => event(s) === "approval.refused"),
        (s) => ({ actor_id: actor(s), subject: approvalOf(s) }),
      ),
  ],
  "proofline-ai/Tool calls": [
    ({ now }) =>
      count(
        now.filter((s) => event(s).startsWith("ai.tool_call")),
        (s) => ({ target_id: targetId(s), outcome: outcome(s) }),
      ),
  ],
  "proofline-ai/Tokens": [
    ({ now }) => sum(inferences(now), "gen_ai.usage.input_tokens"),
    ({ now }) => sum(inferences(now), "gen_ai.usage.output_tokens"),
  ],
  "proofline-ai/Confidence": [
    ({ now }) =>
      fold(
        confident(now),
        (s) => ({ log: log(s) }),
        (group) => mean(group.map(confidence)),
      ),
  ],
  "proofline-ai/Drift of confidence": [
    ({ now, weekAgo }) => {
      const means = (lines: Lines): Values =>
        fold(
          confident(lines),
          (s) => ({ log: log(s) }),
          (group) => mean(group.map(confidence)),
        );
      return minus(means(now), means(weekAgo));
    },
  ],
  "proofline-ai/Drift of decisions": [({ now, weekAgo }) => minus(shares(now), shares(weekAgo))],

  "proofline-explorer/Found, over time": [({ now }) => count(now, (s) => ({ event: event(s) }))],
  "proofline-explorer/Records": [({ now }) => now],
  "proofline-explorer/Lines": [({ now }) => now],
};
