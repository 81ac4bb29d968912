// receiver-victim.ts: `proofline serve` as a victim: records go in over HTTP, an acknowledgement is a 200.

import assert from "node:assert/strict";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Running, Victim } from "./kill-nine.ts";
import { killProcess, type Spawned, spawnSource } from "./process.ts";

const MAIN = "../../packages/cli/src/main.ts";
const LOG = "audit.example.com/killed";
/** Small, so that a crash meets every step: rolls, tiles, checkpoints. */
const ENVIRONMENT = { PROOFLINE_SEGMENTS_BYTES: "64KiB", PROOFLINE_CHECKPOINT_INTERVAL: "10ms", PROOFLINE_DISK_MIN_FREE: "1MiB" };

export interface Watching {
  /** Where records are sent, with its query. */
  readonly path: string;
  /** Called with each answer that acknowledges. */
  readonly onAnswer: (ids: readonly string[], answer: string) => void;
  /** Called when the process has ended in good order. */
  readonly onStopped: (folder: string) => Promise<void>;
}

export const receiverVictim: Victim = watchedReceiver({ path: "/v1/logs", onAnswer: () => {}, onStopped: async () => {} });

export function watchedReceiver(watching: Watching): Victim {
  return { log: LOG, start: (data) => start(data, watching) };
}

async function start(data: string, watching: Watching): Promise<Running> {
  const args = ["serve", "--data", data, "--log", LOG, "--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0"];
  const spawned = spawnSource(MAIN, args, ENVIRONMENT);
  const address = await Promise.race([addressOf(spawned), spawned.exited.then(() => undefined)]);
  assert.ok(address !== undefined, `the receiver did not start:\n${spawned.errors()}`);
  return running(spawned, `http://${address}${watching.path}`, join(data, ...LOG.split("/")), watching);
}

async function addressOf({ child }: Spawned): Promise<string | undefined> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const address = /^receiver +http ([^ ]+)/.exec(line)?.[1];
    if (address !== undefined) {
      child.stdout!.resume();
      return address;
    }
  }
  return undefined;
}

function running(spawned: Spawned, url: string, folder: string, { onAnswer, onStopped }: Watching): Running {
  return {
    send: async (ids) => {
      let response: Response;
      let answer: string;
      try {
        response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: bodyOf(ids) });
        answer = await response.text();
      } catch {
        return false; // the connection broke: whether the records are durable is not known
      }
      assert.equal(response.status, 200, `answer ${response.status}: ${answer.slice(0, 500)}`);
      onAnswer(ids, answer);
      return true;
    },
    kill: () => killProcess(spawned),
    stop: async () => {
      spawned.child.kill("SIGTERM");
      assert.equal(await spawned.exited, 0, spawned.errors());
      await onStopped(folder);
    },
  };
}

function bodyOf(ids: readonly string[]): string {
  const logRecords = ids.map((id) => ({
    eventName: "invoice.approved",
    timeUnixNano: "1795209243000000000",
    attributes: Object.entries({
      "audit.record.id": id,
      "audit.actor.id": "ann",
      "audit.actor.type": "user",
      "audit.action": "APPROVE",
      "audit.outcome": "success",
    }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  }));
  return JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
}
