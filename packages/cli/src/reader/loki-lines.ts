// loki-lines.ts: what Loki holds of a log: its lines, and its checkpoints. Nothing of it is believed here: who gets it holds it against the
// chain and the signatures.

import { Buffer } from "node:buffer";
import type { Anchor } from "@proofline/ledger";
import { LokiClient, VerifyError } from "@proofline/verify";
import { CommandError, EXIT } from "../exit.ts";

const DAY_NS = 24n * 3_600_000_000_000n;
const HOUR_NS = 3_600_000_000_000n;

export interface LokiPlace {
  readonly url: string;
  readonly tenant?: string;
  readonly log: string;
  /** How far back entries are looked for; default 400 days. */
  readonly sinceDays?: number;
}

/** The newest checkpoint that Loki has; none when it has none. @throws {CommandError} unknown */
export async function lokiAnchorsOf(place: LokiPlace): Promise<Anchor[]> {
  let newest: string | undefined;
  let size = -1;
  for await (const note of entriesOf(place, "checkpoint")) {
    // Of any shape: whose signature is good is for the ledger to say. Here only the largest claim is wanted.
    const claimed = Number(note.split("\n", 2)[1]);
    if (Number.isSafeInteger(claimed) && claimed > size) {
      size = claimed;
      newest = note;
    }
  }
  return newest === undefined ? [] : [{ note: newest, where: place.url.replace(/\/\/[^/@]*@/, "//") }];
}

/** @throws {CommandError} unknown */
export async function* lokiLines(place: LokiPlace): AsyncGenerator<Uint8Array> {
  for await (const line of entriesOf(place, "line")) yield Buffer.from(line);
}

async function* entriesOf(place: LokiPlace, type: string): AsyncGenerator<string> {
  const { url, tenant, log, sinceDays = 400 } = place;
  const now = BigInt(Date.now()) * 1_000_000n;
  try {
    const client = new LokiClient({ url, ...(tenant === undefined ? {} : { tenant }) });
    const selector = `{log=${JSON.stringify(log)}, type="${type}"}`;
    for await (const { line } of client.entries(selector, now - BigInt(sinceDays) * DAY_NS, now + HOUR_NS)) yield line;
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error;
    throw new CommandError(EXIT.unknown, `${error.message}; nothing was changed`, { cause: error });
  }
}
