// prepare-worker.ts: a thread that prepares requests, one after the other, in the order of the messages: a request that came before another
// policy is redacted by the one before.

import { randomFillSync } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { ulidFactory } from "@proofline/event";
import { compilePolicy } from "@proofline/redaction";
import { DecodeError } from "../decode/decoded.ts";
import type { PrepareAnswer, PrepareJob, PrepareMessage, PrepareSetup } from "./prepare-messages.ts";
import { RequestPreparer } from "./request-preparer.ts";
import { createSeal } from "./seal.ts";

function serve(port: NonNullable<typeof parentPort>, { policy, key, ...setup }: PrepareSetup): void {
  const nextId = ulidFactory({ now: Date.now, random: (bytes) => void randomFillSync(bytes) });
  const preparer = new RequestPreparer({ ...setup, redactor: compilePolicy(policy, { key }), seal: createSeal(key), nextId });
  port.on("message", (message: PrepareMessage) => {
    if ("policy" in message) {
      preparer.replaceRedactor(compilePolicy(message.policy, { key }));
      return;
    }
    const answer = prepare(preparer, message);
    port.postMessage(answer, buffersOf(answer));
  });
}

function prepare(preparer: RequestPreparer, { job, body, encoding, writer, spare }: PrepareJob): PrepareAnswer {
  const back = { job, body: body.buffer };
  try {
    return { ...back, request: preparer.prepare(body, encoding, writer, spare) };
  } catch (error) {
    if (error instanceof DecodeError)
      return { ...back, refused: { code: error.code, reason: error.reason, offset: error.offset } };
    return { ...back, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** What is handed over. */
function buffersOf(answer: PrepareAnswer): ArrayBuffer[] {
  if (!("request" in answer)) return [answer.body];
  const { tails, quarantines } = answer.request;
  return [answer.body, ...[tails.bytes, tails.ends, tails.ids, quarantines].map(({ buffer }) => buffer as ArrayBuffer)];
}

if (parentPort !== null && (workerData as Partial<PrepareSetup> | null)?.role === "preparer")
  serve(parentPort, workerData as PrepareSetup);
