// receiver.ts: the built `proofline` command as a user runs it: serve in a process of its own, verify in another. Looks at the ledger
// only through files, metrics and the command.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { answersOk, freePorts, type RunningProcess, run, spawnProcess, waitFor } from "../support/peers/process.ts";
import type { Context } from "./lane.ts";

/** The built command, run with the Node that runs this. `PROOFLINE_COMMAND`: another build's. */
export const PROOFLINE: string =
  process.env.PROOFLINE_COMMAND ?? join(import.meta.dirname, "..", "..", "packages", "cli", "bin", "proofline.js");
export const LOG = "real.example.com/peers";

export interface Verdict {
  readonly code: number;
  readonly output: string;
  readonly stdout: string;
  readonly report: {
    readonly result: string;
    readonly records: number;
    readonly findings: readonly { readonly code: string; readonly seq: number | null; readonly found: string }[];
  };
}

export interface ReceiverOptions {
  readonly loki?: string;
  readonly data?: string;
  /** `127.0.0.1:PORT` of its probes and metrics, when its listeners ask for credentials or speak TLS. */
  readonly admin?: string;
  /** Beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class Receiver {
  readonly data: string;
  /** `127.0.0.1:PORT` */
  readonly http: string;
  readonly grpc: string;
  readonly #args: readonly string[];
  readonly #loki: string | undefined;
  /** Where probes and metrics are. */
  readonly #probes: string;
  readonly #environment: Readonly<Record<string, string>>;
  #child: RunningProcess | undefined;

  private constructor(data: string, ports: readonly number[], { loki, admin, environment }: ReceiverOptions) {
    this.data = data;
    this.http = `127.0.0.1:${ports[0]}`;
    this.grpc = `127.0.0.1:${ports[1]}`;
    this.#loki = loki;
    this.#probes = admin ?? this.http;
    this.#environment = { ...environment, ...(admin === undefined ? {} : { PROOFLINE_ADMIN_HTTP: admin }) };
    const sink = loki === undefined ? [] : ["--loki", loki];
    this.#args = ["serve", "--data", data, "--log", LOG, "--otlp-http", this.http, "--otlp-grpc", this.grpc, ...sink];
  }

  /** Starts with the log in `data`, a new one when there is none; stops when the scenario is over. */
  static async start(context: Context, o: ReceiverOptions = {}): Promise<Receiver> {
    const receiver = new Receiver(o.data ?? join(context.folder, "data"), await freePorts(2), o);
    context.defer(() => receiver.stop());
    await receiver.start();
    return receiver;
  }

  async start(): Promise<void> {
    const child = spawnProcess(process.execPath, [PROOFLINE, ...this.#args], { env: this.#environment });
    this.#child = child;
    await waitFor("the receiver to be ready", async () => {
      if (child.ended) throw new Error(`proofline serve ended with ${await child.exited}: ${child.output().slice(-800)}`);
      return answersOk(`http://${this.#probes}/readyz`);
    });
  }

  async stop(): Promise<void> {
    const code = await this.#child?.stop();
    const output = this.output();
    this.#child = undefined;
    if (code !== undefined && code !== 0) throw new Error(`proofline serve ended with ${code}`);
    // Senders try again, so that what went wrong for a reason that we do not know would pass unseen.
    const unexpected = output.split("\n").filter((line) => line.includes("failed unexpectedly"));
    if (unexpected.length > 0) throw new Error(`a request failed unexpectedly: ${unexpected.join("\n").slice(0, 4000)}`);
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    await this.#child?.stop("SIGKILL");
    this.#child = undefined;
  }

  /** @throws when it does not run */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("the receiver does not run");
    return pid;
  }

  output(): string {
    return this.#child?.output() ?? "";
  }

  /** The sum of a metric over its labels; undefined when it is not served. */
  async metric(name: string): Promise<number | undefined> {
    const text = await fetch(`http://${this.#probes}/metrics`).then((response) => response.text());
    const values = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return values.length === 0 ? undefined : values.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  /** Durable lines. */
  async size(): Promise<number> {
    const size = await this.metric("proofline_ledger_size");
    if (size === undefined) throw new Error("/metrics has no proofline_ledger_size");
    return size;
  }

  /** Waits until every line, and a checkpoint over all of them, was confirmed by Loki. */
  async forwarded(timeoutMs = 60_000): Promise<void> {
    const count = await this.size();
    await waitFor(
      "every line in Loki",
      async () => ((await this.metric("proofline_sink_next")) === count ? true : undefined),
      timeoutMs,
    );
    await waitFor("a checkpoint over all of it in Loki", async () =>
      (await this.#checkpointInLoki()) === count ? true : undefined,
    );
  }

  /** The size that the newest checkpoint in Loki is over; undefined when there is none. */
  async #checkpointInLoki(): Promise<number | undefined> {
    const parameters = new URLSearchParams({ query: `{log="${LOG}",type="checkpoint"}`, limit: "1" });
    const response = await fetch(`${this.#loki}/loki/api/v1/query_range?${parameters.toString()}`);
    if (response.status !== 200) return undefined;
    const { data } = (await response.json()) as { data: { result: { values: [string, string][] }[] } };
    const note = data.result[0]?.values[0]?.[1];
    return note === undefined ? undefined : Number(note.split("\n")[1]);
  }

  /** The lines on disk, oldest first. */
  async lines(): Promise<string[]> {
    const folder = join(this.data, LOG, "segments");
    const texts: string[] = [];
    for (const name of (await readdir(folder)).sort((a, b) => (a < b ? -1 : 1)))
      texts.push(await readFile(join(folder, name), "utf8"));
    return texts.join("").split("\n").slice(0, -1);
  }

  /** Those that senders caused: without what the service says of itself at a start, a stop, another configuration. */
  async senderLines(): Promise<string[]> {
    return (await this.lines()).filter((line) => (JSON.parse(line) as { writer?: string }).writer !== "proofline.receiver");
  }

  async deadLetters(): Promise<{ seq: number; reason: string }[]> {
    const text = await readFile(join(this.data, LOG, "cursors", "_loki.dead-letter.jsonl"), "utf8").catch(() => "");
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as { seq: number; reason: string }]));
  }

  verifyData(): Promise<Verdict> {
    return this.#verify(["--data", this.data, "--log", LOG]);
  }

  /** Another copy of the data folder, with the key of this one. */
  verifyCopy(data: string): Promise<Verdict> {
    return this.#verify(["--data", data, "--log", LOG]);
  }

  /** What a store gave back, against a checkpoint. */
  verifyLines(file: string, checkpoint: string): Promise<Verdict> {
    return this.#verify(["--lines", file, "--checkpoint", checkpoint, "--log", LOG]);
  }

  /** The file of the newest checkpoint, when that is over so many lines. */
  async checkpointOver(size: number): Promise<string> {
    const file = join(this.data, LOG, "checkpoint");
    return waitFor(`a checkpoint over ${size} lines`, async () =>
      (await readFile(file, "utf8")).split("\n")[1] === String(size) ? file : undefined,
    );
  }

  verifyLoki(loki: string): Promise<Verdict> {
    return this.#verify(["--loki", loki, "--log", LOG]);
  }

  async #verify(from: readonly string[]): Promise<Verdict> {
    const key = join(this.data, LOG, "vkey");
    const { code, output, stdout } = await run(process.execPath, [PROOFLINE, "verify", ...from, "--key", key, "--json"]);
    try {
      return { code, output, stdout, report: JSON.parse(stdout) as Verdict["report"] };
    } catch {
      throw new Error(`proofline verify ended with ${code} and printed no JSON: ${output.slice(0, 800)}`);
    }
  }
}
