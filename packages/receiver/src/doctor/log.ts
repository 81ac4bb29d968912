// log.ts: the log's folder from outside: is it there, who writes it, is it signed, and is the clock behind what it has written.

import { readFile, stat } from "node:fs/promises";
import { parseHead } from "@proofline/event";
import { Layout, nodeDisk, parseSegmentName } from "@proofline/ledger";
import type { Config } from "../config/config.ts";
import type { Advice, DoctorWorld } from "./examine.ts";
import { lastLine } from "./last-line.ts";

const NS_PER_MS = 1_000_000n;
const CLOCK_SLACK_MS = 1_000;
/** Beside the interval: what a checkpoint may take on a busy disk. */
const UNSIGNED_SLACK_MS = 10_000;

/** `isWritten`: a process that lives holds the log's lock. */
export async function examineLog(
  config: Config,
  world: Pick<DoctorWorld, "nowMs">,
): Promise<{ readonly advice: Advice[]; readonly isWritten: boolean }> {
  const layout = new Layout(config.data, config.log);
  const names = await nodeDisk.list(layout.folder);
  if (!names.includes("checkpoint")) {
    if (names.includes("segments") && (await nodeDisk.list(layout.segments)).length > 0) {
      const found = `${layout.folder} has segments and no checkpoint: what is signed is not known`;
      return { advice: [hurts("log", found, "restore the checkpoint, or the folder, from its backup")], isWritten: false };
    }
    const fate = config.create ? "the first start creates it" : "with create: false the service will not start";
    const advice: Advice = {
      check: "log",
      level: config.create ? "fine" : "hurts",
      found: `there is no log in ${layout.folder}; ${fate}`,
    };
    return { advice: [config.create ? advice : { ...advice, todo: "proofline log create" }], isWritten: false };
  }
  const lock = await examineLock(layout);
  const segments = (await nodeDisk.list(layout.segments)).filter((name) => parseSegmentName(name) !== undefined);
  const newest = segments.at(-1);
  const advice: Advice[] = [{ check: "log", level: "fine", found: `${layout.folder}, ${segments.length} segments` }, lock.advice];
  if (newest !== undefined) {
    advice.push(await examineCheckpoint(config, layout, newest, lock.isWritten));
    const line = await lastLine(layout.inSegments(newest));
    if (line !== undefined) advice.push(examineClock(parseHead(line).received, world.nowMs()));
  }
  return { advice, isWritten: lock.isWritten };
}

async function examineLock(layout: Layout): Promise<{ readonly advice: Advice; readonly isWritten: boolean }> {
  let text: string;
  try {
    text = await readFile(layout.lock, "utf8");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return { advice: { check: "log.lock", level: "fine", found: "nobody writes the log" }, isWritten: false };
  }
  const { pid, host, since } = owner(text);
  if (pid === undefined) {
    const found = `${layout.lock} says nothing of who holds it`;
    return {
      advice: hurts("log.lock", found, "start the service: it takes such a lock over, or says why not"),
      isWritten: false,
    };
  }
  const who = `process ${pid} on ${host} since ${since}`;
  if (isAlive(pid)) return { advice: { check: "log.lock", level: "fine", found: `written by ${who}` }, isWritten: true };
  const found = `held by ${who}, which is not to be seen from here`;
  const todo = "if that process is gone, start the service: it takes the lock over, or says what to do";
  return { advice: hurts("log.lock", found, todo), isWritten: false };
}

function owner(text: string): { pid?: number; host?: string; since?: string } {
  try {
    const { pid, host, since } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid === "number") return { pid, host: String(host), since: String(since) };
  } catch {
    // A power cut may leave any bytes of a file that is never synced.
  }
  return {};
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function examineCheckpoint(config: Config, layout: Layout, newest: string, isWritten: boolean): Promise<Advice> {
  const [signed, written] = await Promise.all([stat(layout.checkpoint), stat(layout.inSegments(newest))]);
  const behindMs = written.mtimeMs - signed.mtimeMs;
  const seconds = Math.max(0, Math.round(behindMs / 1000));
  const found = `the newest checkpoint is ${seconds === 0 ? "as new as" : `${seconds} s older than`} the newest line`;
  if (behindMs <= 10 * config.checkpoint.intervalMs + UNSIGNED_SLACK_MS) return { check: "log.checkpoint", level: "fine", found };
  const todo = isWritten
    ? "look into the service's log: it writes and does not sign"
    : "start the service: it signs what is not signed";
  return hurts("log.checkpoint", found, todo);
}

function examineClock(receivedNs: bigint, nowMs: number): Advice {
  const aheadMs = Number(receivedNs / NS_PER_MS) - nowMs;
  if (aheadMs <= CLOCK_SLACK_MS) return { check: "clock", level: "fine", found: "this machine's clock is past the newest line" };
  const found = `this machine's clock is ${Math.round(aheadMs / 1000)} s behind the newest line`;
  return hurts("clock", found, "set the clock; until it has caught up, each line is a nanosecond later than the one before");
}

function hurts(check: string, found: string, todo: string): Advice {
  return { check, level: "hurts", found, todo };
}
