// clock-line.ts: the only line that a ledger writes by itself: that its clock was set back. From there on `received` runs ahead of
// the clock until that has caught up, and a reader must be able to know.

import { contentDigest, createUlid, emptyRecord, formatTail, formatTime, type Scope } from "@proofline/event";
import type { Entry } from "./entry.ts";
import type { StepBack } from "./received-clock.ts";

const EVENT = "proofline.clock.stepped_back";
const SCOPE: Scope = { name: "@proofline/ledger", version: "", schemaUrl: "", attributes: new Map(), droppedAttributes: 0 };

/** @param random fills the array that it is given */
export function clockLine({ from, to }: StepBack, random: (bytes: Uint8Array) => void): Entry {
  const record = emptyRecord();
  record.id = createUlid(Number(to / 1_000_000n), random);
  record.event = EVENT;
  record.time = to;
  record.scope = SCOPE;
  record.attributes.set("proofline.clock.from", formatTime(from));
  record.attributes.set("proofline.clock.to", formatTime(to));
  const tail = formatTail(record);
  return { id: record.id, content: contentDigest(record, tail), tail };
}
