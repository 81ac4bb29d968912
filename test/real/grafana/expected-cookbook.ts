// expected-cookbook.ts: what each question of docs/logql.md should find, counted from the ledger's own lines.

import {
  action,
  actor,
  actorType,
  attribute,
  confidence,
  count,
  event,
  fold,
  inferences,
  type Lines,
  log,
  missing,
  model,
  outcome,
  type Stored,
  service,
  targetId,
  type Values,
} from "./expected-lines.ts";

export interface Cookbook {
  readonly now: Lines;
  readonly trace: string;
  readonly record: string;
}

const workflow = (s: Stored): string | undefined => attribute(s, "proofline.workflow.id");
const task = (s: Stored): string | undefined => attribute(s, "proofline.task.id");
const failed = (lines: Lines): Lines => lines.filter((s) => outcome(s) === "failure");
const failedLogins = (lines: Lines): Lines => failed(lines).filter((s) => action(s) === "LOGIN");
const overrides = (lines: Lines): Lines => lines.filter((s) => action(s) === "OVERRIDE");
const ofMax = (lines: Lines): Lines => lines.filter((s) => actor(s) === "max.roth");
const invoiceFailures = (lines: Lines): Lines => failed(lines).filter((s) => workflow(s) === "invoice-approval");
const has = (lines: Lines, name: string): Lines => lines.filter((s) => attribute(s, name) !== undefined);
const firstRule = (s: Stored): string | undefined =>
  /"redactions":\[\{"path":"(?:[^"\\]|\\.)*","rule":"([^"]+)"/.exec(s.text)?.[1];

/** By heading. `checkpoints`: lines of another kind, of which only their being there is asked. */
export const COOKBOOK: Readonly<Record<string, ((c: Cookbook) => Values | Lines) | "checkpoints">> = {
  "Everything of a workflow": ({ now }) => now.filter((s) => workflow(s) === "invoice-approval"),
  "All failed tasks of a workflow": ({ now }) => invoiceFailures(now),
  "Failed tasks of a workflow, counted": ({ now }) => count(invoiceFailures(now), (s) => ({ task_id: task(s), event: event(s) })),
  "The history of one invoice": ({ now }) => now.filter((s) => task(s) === "4717" || targetId(s) === "4717"),
  "Steps that took longer than a second": ({ now }) =>
    now.filter((s) => Number(attribute(s, "proofline.step.duration_ns") ?? 0) > 1_000_000_000),
  "What broke, by kind of error": ({ now }) =>
    count(has(now, "error.type"), (s) => ({ event: event(s), error: attribute(s, "error.type") })),
  "Manual overrides in the last 24 h": ({ now }) => overrides(now),
  "Overrides by person and reason": ({ now }) =>
    count(overrides(now), (s) => ({ actor_id: actor(s), target_id: targetId(s), reason: attribute(s, "proofline.reason") })),
  "Failed logins": ({ now }) => failedLogins(now),
  "Failed logins by actor and address": ({ now }) =>
    count(failedLogins(now), (s) => ({ actor_id: actor(s), address: attribute(s, "audit.source.id") })),
  "Everything that an actor did": ({ now }) => ofMax(now),
  "What an actor touched": ({ now }) =>
    count(has(ofMax(now), "audit.target.id"), (s) => ({
      ...{ target_type: attribute(s, "audit.target.type"), target_id: targetId(s) },
      action: action(s),
    })),
  "Permission changes": ({ now }) =>
    now.filter(
      (s) => action(s) === "DELEGATE" || ["permission", "role", "policy"].includes(attribute(s, "audit.target.type") ?? ""),
    ),
  "Access that was refused": ({ now }) => failed(now).filter((s) => actorType(s) === "user"),
  "Data that left": ({ now }) => now.filter((s) => action(s) === "EXPORT"),
  "Changes, with the value before and after": ({ now }) => has(now, "proofline.change.new"),
  "Everything that a trace touched": ({ now, trace }) => now.filter(({ line }) => line.trace_id === trace),
  "Which services a trace went through": ({ now, trace }) =>
    count(
      now.filter(({ line }) => line.trace_id === trace),
      (s) => ({ service_name: service(s) }),
    ),
  "One record": ({ now, record }) => now.filter(({ line }) => line.id === record),
  "Every line that names a record": ({ now, record }) => now.filter(({ text }) => text.includes(record)),
  "The lineage of a decision": ({ now }) =>
    now.filter((s) =>
      [attribute(s, "proofline.decision.id"), attribute(s, "proofline.override.of"), targetId(s)].includes("decision-2"),
    ),
  "Decisions below a confidence": ({ now }) => has(now, "proofline.decision.confidence").filter((s) => confidence(s) < 0.5),
  "Decisions by policy version and outcome": ({ now }) =>
    count(has(now, "proofline.decision.outcome"), (s) => ({
      ...{ version: attribute(s, "proofline.policy.version") },
      decision: attribute(s, "proofline.decision.outcome"),
    })),
  "Inferences that failed": ({ now }) => failed(inferences(now)),
  "Tokens by model": ({ now }) =>
    fold(
      has(inferences(now), "gen_ai.usage.output_tokens"),
      (s) => ({ model: model(s) }),
      (group) => group.reduce((sum, s) => sum + Number(attribute(s, "gen_ai.usage.output_tokens")), 0),
    ),
  "What people decided after a model had asked": ({ now }) =>
    now.filter((s) => actorType(s) === "user" && /^approval\.(granted|refused)$|\.overridden$/.test(event(s))),
  "Signed checkpoints": "checkpoints",
  "How many lines are missing in Loki": ({ now }) =>
    fold(
      now,
      (s) => ({ log: log(s) }),
      (group) => missing(group.map(({ line }) => line.seq)),
    ),
  "Lines without an actor": ({ now }) =>
    count(
      now.filter((s) => actor(s) === undefined && s.line.quarantine === undefined),
      (s) => ({ service_name: service(s), event: event(s) }),
    ),
  "Quarantined records": ({ now }) => now.filter(({ line }) => line.quarantine !== undefined),
  "What was redacted, by rule": ({ now }) =>
    count(
      now.filter((s) => firstRule(s) !== undefined),
      (s) => ({ rule: firstRule(s) }),
    ),
};

export interface Question {
  readonly title: string;
  readonly query: string;
}

/** The blocks of the page, each with the heading before it. */
export function questions(page: string): Question[] {
  let title = "";
  const found: Question[] = [];
  for (const [, heading, query] of page.matchAll(/^### (.+)$|^```logql\n([\s\S]*?)\n```$/gm)) {
    if (heading !== undefined) title = heading;
    else found.push({ title, query: query! });
  }
  return found;
}
