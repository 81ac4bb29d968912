// lane.ts: runs named scenarios one after the other and says what came of each: ok, skip with the reason, or FAIL with what was found.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Thrown by a scenario that cannot be run on this machine. */
export class Skipped extends Error {}

export interface Context {
  /** A folder for this scenario alone, removed when it went well. */
  readonly folder: string;
  /** Called in opposite order when the scenario is over, however it ended. */
  defer(cleanup: () => Promise<unknown>): void;
  /** A line under the scenario's own: what was measured, or what each side said. */
  say(line: string): void;
}

export interface Scenario {
  /** A sentence that says what must be true. */
  readonly name: string;
  run(context: Context): Promise<void>;
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export async function runLane(scenarios: readonly Scenario[], print: (line: string) => void): Promise<Summary> {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const scenario of scenarios) {
    const folder = await mkdtemp(join(tmpdir(), "proofline-real-"));
    const cleanups: (() => Promise<unknown>)[] = [];
    const said: string[] = [];
    const started = performance.now();
    const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;
    try {
      await scenario.run({ folder, defer: (cleanup) => cleanups.push(cleanup), say: (line) => said.push(line) });
      passed += 1;
      print(`ok    ${scenario.name} (${seconds()})`);
    } catch (error) {
      if (error instanceof Skipped) {
        skipped += 1;
        print(`skip  ${scenario.name}: ${error.message}`);
      } else {
        failed += 1;
        print(`FAIL  ${scenario.name} (${seconds()}, kept: ${folder})`);
        print(indent(error instanceof Error ? (error.stack ?? error.message) : String(error)));
      }
    }
    for (const line of said) print(indent(line));
    const failures = failed;
    for (const cleanup of cleanups.reverse()) {
      await cleanup().catch((error: unknown) => print(indent(`while ending: ${String(error)}`)));
    }
    if (failures === failed && failed === 0) await rm(folder, { recursive: true, force: true });
  }
  print(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return { passed, failed, skipped };
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "      ");
}
