// receiver.ts: a whole receiver in a temporary folder on ports of the system's choice, ended with its test.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { loadConfig, type Receiver, startReceiver, type World } from "@proofline/receiver";

export interface TestReceiver {
  readonly receiver: Receiver;
  readonly data: string;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly grpcAddress: string;
  /** The service's own log so far. */
  readonly logged: Record<string, unknown>[];
  /** The lines that senders caused, as they are on disk now. */
  lines(): Promise<string[]>;
  /** All of them: those that the service writes of itself, too. */
  allLines(): Promise<string[]>;
  /** The service's own lines, parsed. */
  ownLines(): Promise<OwnLine[]>;
  metrics(): Promise<string>;
  /** POSTs to /v1/logs. */
  post(body: string | Buffer, headers?: Record<string, string>): Promise<Response>;
}

export interface TestReceiverOptions {
  readonly data?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly world?: Partial<World>;
}

const undone = new WeakMap<TestContext, (() => Promise<unknown>)[]>();

/** As `t.after`, but in the opposite order: what was opened last is closed first. */
export function undoAfter(t: TestContext, step: () => Promise<unknown>): void {
  const steps = undone.get(t);
  if (steps !== undefined) {
    steps.push(step);
    return;
  }
  const first = [step];
  undone.set(t, first);
  t.after(async () => {
    for (const one of first.reverse()) await one();
  });
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "proofline-receiver-"));
  undoAfter(t, () => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function startTestReceiver(t: TestContext, o: TestReceiverOptions = {}): Promise<TestReceiver> {
  const data = o.data ?? join(await temporaryFolder(t), "data");
  const logged: Record<string, unknown>[] = [];
  const flags = { data, "otlp.http": "127.0.0.1:0", "otlp.grpc": "127.0.0.1:0", "disk.min_free_bytes": "0", ...o.settings };
  const receiver = await startReceiver(loadConfig({ flags }), {
    processMetrics: false,
    logStream: { write: (line) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
    exit: (code) => {
      throw new Error(`the receiver wanted to exit with ${code}`);
    },
    ...o.world,
  });
  undoAfter(t, () => receiver.stop());
  const url = `http://127.0.0.1:${receiver.http.port}`;
  return {
    receiver,
    data,
    url,
    logged,
    grpcAddress: `127.0.0.1:${receiver.grpc.port}`,
    lines: () => readLines(receiver.folder),
    allLines: () => readAllLines(receiver.folder),
    ownLines: async () => (await readAllLines(receiver.folder)).filter(isOwn).map((line) => JSON.parse(line) as OwnLine),
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
    post: (body, headers = { "content-type": "application/json" }) =>
      fetch(`${url}/v1/logs`, { method: "POST", headers, body: typeof body === "string" ? body : new Uint8Array(body) }),
  };
}

export interface OwnLine {
  readonly seq: number;
  readonly event: string;
  readonly writer: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Whether the service wrote a line of itself: at a start, a stop, another configuration. */
export function isOwn(line: string): boolean {
  return (JSON.parse(line) as Partial<OwnLine>).writer === "proofline.receiver";
}

/** What senders caused. */
export async function readLines(folder: string): Promise<string[]> {
  return (await readAllLines(folder)).filter((line) => !isOwn(line));
}

export async function readAllLines(folder: string): Promise<string[]> {
  const segments = join(folder, "segments");
  const texts = await Promise.all((await readdir(segments)).sort().map((name) => readFile(join(segments, name), "utf8")));
  return texts
    .join("")
    .split("\n")
    .filter((line) => line !== "");
}

/** What a line says about its record: everything after the ledger's own fields. */
export function tailOf(line: string): string {
  return line.slice(line.indexOf('"id":'));
}
