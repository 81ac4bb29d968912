// app.ts: applications of test/apps, run to their end under the register hook, and what they left.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { TestContext } from "node:test";
import { packageFolder, startChild } from "./child.ts";
import { fixture, tempFolder, until } from "./fixture.ts";
import type { SeenRecord } from "./otlp-receiver.ts";

export const REGISTER = "--import=@proofline/instrumentation/register";
export const apps: string = join(packageFolder, "../../test/apps");

export interface RunOptions {
  /** Node's. Default: the register hook. */
  readonly flags?: readonly string[];
  /** Gets what it wrote on stdout. */
  readonly out?: (text: string) => void;
}

/** @returns its events, without those of our own about the stream */
export async function runApp(
  t: TestContext,
  [app, ...args]: readonly [string, ...string[]],
  env: Record<string, string> = {},
  { flags = [REGISTER], out }: RunOptions = {},
): Promise<SeenRecord[]> {
  const { receiver, spool } = await fixture(t);
  const keyFile = join(await tempFolder(t), "redaction.key");
  await writeFile(keyFile, "07".repeat(32));
  const child = startChild(t, {
    args: [...flags, isAbsolute(app) ? app : join(apps, app), ...args],
    env: {
      ...{ PROOFLINE_ENDPOINT: receiver.endpoint, PROOFLINE_SPOOL: spool, OTEL_SERVICE_NAME: "app" },
      ...{ PROOFLINE_REDACTION_KEY_FILE: keyFile, ...env },
    },
  });
  assert.deepEqual(await child.ended, { code: 0, signal: null }, child.err());
  out?.(child.out());
  await until(() => receiver.accepted.some(({ event }) => event === "proofline.stream.ended"));
  return receiver.accepted.filter(({ event }) => !event.startsWith("proofline."));
}
