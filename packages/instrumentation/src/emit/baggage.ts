// baggage.ts: the audit context across services, in W3C baggage. It leaves a service only when that is asked for, because it names people and goes to
// whomever is called; and it is believed only from callers that the site trusts, because anybody can write a header. Source: W3C Baggage.

import { type Baggage, type Context, propagation } from "@opentelemetry/api";
import type { Actor, ActorType } from "./audit-event.ts";
import type { AuditContext } from "./context.ts";

const PREFIX = "proofline.";
/** Members that are read of one header, and characters of one value: a header is a stranger's until it is read. */
const MAX_MEMBERS = 64;
const MAX_VALUE = 512;
const TYPES: ReadonlySet<string> = new Set<ActorType>(["user", "service", "system", "agent"]);

/** The baggage of `active`, with the context's members in it. Members of others stay; what the context does not say is left as it was. */
export function withBaggage(active: Context, ctx: AuditContext): Context {
  let baggage: Baggage = propagation.getBaggage(active) ?? propagation.createBaggage();
  for (const [name, value] of members(ctx)) baggage = baggage.setEntry(PREFIX + name, { value });
  return propagation.setBaggage(active, baggage);
}

/** What a `baggage` header says of the audit context. Total: what cannot be read is left out. */
export function fromBaggage(header: string): AuditContext {
  const found = new Map<string, string>();
  for (const member of header.split(",", MAX_MEMBERS)) {
    const [pair = ""] = member.split(";", 1);
    const at = pair.indexOf("=");
    const name = pair.slice(0, Math.max(at, 0)).trim();
    if (!name.startsWith(PREFIX)) continue;
    const value = decoded(pair.slice(at + 1).trim());
    if (value !== undefined && value !== "" && value.length <= MAX_VALUE) found.set(name.slice(PREFIX.length), value);
  }
  const { actor, onBehalfOf } = { actor: actorOf(found, "actor"), onBehalfOf: actorOf(found, "on_behalf_of") };
  const { workflow, task, run, tenant } = Object.fromEntries(found);
  return Object.fromEntries(
    Object.entries({ actor, onBehalfOf, workflow, task, run, tenant }).filter(([, value]) => value !== undefined),
  );
}

function members({ actor, onBehalfOf, workflow, task, run, tenant }: AuditContext): [string, string][] {
  const all: [string, unknown][] = [
    ["actor.id", actor?.id],
    ["actor.type", actor?.type],
    ["on_behalf_of.id", onBehalfOf?.id],
    ["on_behalf_of.type", onBehalfOf?.type],
    ["workflow", workflow],
    ["task", task],
    ["run", run],
    ["tenant", tenant],
  ];
  return all.filter(
    (member): member is [string, string] => typeof member[1] === "string" && member[1] !== "" && member[1].length <= MAX_VALUE,
  );
}

function actorOf(found: ReadonlyMap<string, string>, role: string): Actor | undefined {
  const [id, type] = [found.get(`${role}.id`), found.get(`${role}.type`)];
  return id !== undefined && type !== undefined && TYPES.has(type) ? { id, type: type as ActorType } : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
