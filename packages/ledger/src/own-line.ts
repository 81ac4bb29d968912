// own-line.ts: the lines that a ledger writes by itself: what a reader of the log must know about how it was written.

import { ATTR_AUDIT_ACTOR_ID, ATTR_AUDIT_ACTOR_TYPE, createUlid, emptyRecord, formatTail, type Scope } from "@proofline/event";
import type { Entry } from "./entry.ts";

const SCOPE: Scope = { name: "@proofline/ledger", version: "", schemaUrl: "", attributes: new Map(), droppedAttributes: 0 };

/** Who did what a line tells. */
export interface Actor {
  readonly type: "user" | "system";
  readonly id: string;
}

export interface OwnLine {
  /** As `proofline.log.unlocked`. */
  readonly event: string;
  /** Unix nanoseconds. */
  readonly time: bigint;
  readonly actor?: Actor;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** The record's id; by default a new one. */
  readonly id?: string;
}

/** @param random fills the array that it is given */
export function ownLine({ event, time, actor, attributes, id }: OwnLine, random: (bytes: Uint8Array) => void): Entry {
  const record = emptyRecord();
  record.id = id ?? createUlid(Number(time / 1_000_000n), random);
  record.event = event;
  record.time = time;
  record.scope = SCOPE;
  if (actor !== undefined) {
    record.attributes.set(ATTR_AUDIT_ACTOR_TYPE, actor.type);
    record.attributes.set(ATTR_AUDIT_ACTOR_ID, actor.id);
  }
  for (const [name, value] of Object.entries(attributes)) record.attributes.set(name, value);
  return { tail: formatTail(record) };
}
