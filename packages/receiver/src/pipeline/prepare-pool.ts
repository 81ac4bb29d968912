// prepare-pool.ts: requests prepared on threads of their own, beside each other and beside the ledger; small ones in this thread, for they are
// done before another one would have been woken. A thread that dies takes no request with it: its senders are told to come again.

import { isMarkedAsUntransferable, Worker } from "node:worker_threads";
import type { Redactor } from "@proofline/redaction";
import { DecodeError } from "../decode/decoded.ts";
import { RequestError } from "../otlp/failure.ts";
import type { Encoding } from "../otlp/media-type.ts";
import { recycled } from "./buffer-pool.ts";
import type { Preparation } from "./preparation.ts";
import type { PrepareAnswer, PrepareJob, PrepareMessage, PrepareSetup } from "./prepare-messages.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import { type PreparerOptions, RequestPreparer } from "./request-preparer.ts";

export interface PreparePoolOptions extends PreparerOptions {
  /** Of threads, at least 1. */
  readonly workers: number;
  /** The redaction key. */
  readonly key: Uint8Array;
  /** A thread has died and is replaced. */
  readonly onLost: (error: Error) => void;
  /** For tests: starts a thread. */
  readonly start?: (setup: PrepareSetup) => Worker;
}

/** Smaller bodies are prepared here: some ten records, a tenth of a millisecond. */
const SMALL_BYTES = 8_192;
/** A thread is given another request before it has answered, when what it has is no more than this. */
const QUEUED_BYTES = 1 << 20;
/** Of the tails that a body gives. */
const TAIL_BYTES = 1.5;

interface Waiting {
  readonly body: Uint8Array<ArrayBuffer>;
  /** Of the body; once it was handed over it has none. */
  readonly bytes: number;
  readonly encoding: Encoding;
  readonly writer: string;
  readonly resolve: (request: PreparedRequest) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Under way, in order. */
  readonly jobs: Map<number, Waiting>;
  bytes: number;
}

export class PreparePool implements Preparation {
  readonly #o: PreparePoolOptions;
  readonly #here: RequestPreparer;
  /** Started when there is something for them to do. */
  readonly #threads: Thread[] = [];
  readonly #queue: Waiting[] = [];
  #redactor: Redactor;
  #lastJob = 0;
  #isClosed = false;

  constructor(o: PreparePoolOptions) {
    this.#o = o;
    this.#here = new RequestPreparer(o);
    this.#redactor = o.redactor;
  }

  prepare(body: Uint8Array, encoding: Encoding, writer: string): Promise<PreparedRequest> {
    if (body.length < SMALL_BYTES) {
      const spare = recycled.take(body.length * TAIL_BYTES);
      return Promise.resolve().then(() => this.#here.prepare(body, encoding, writer, spare));
    }
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new RequestError("stopping", "the receiver is stopping");
      this.#queue.push({ body: this.#owned(body), bytes: body.length, encoding, writer, resolve, reject });
      this.#assign();
    });
  }

  release({ tails }: PreparedRequest): void {
    recycled.give(tails.bytes.buffer as ArrayBuffer);
  }

  replaceRedactor(redactor: Redactor): void {
    this.#redactor = redactor;
    this.#here.replaceRedactor(redactor);
    // What waits here came before: it goes first.
    this.#assign(Number.POSITIVE_INFINITY);
    for (const { worker } of this.#threads) worker.postMessage({ policy: redactor.policy } satisfies PrepareMessage);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const stopping = new RequestError("stopping", "the receiver is stopping");
    for (const { reject } of [...this.#queue.splice(0), ...this.#threads.flatMap(({ jobs }) => [...jobs.values()])])
      reject(stopping);
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  /** The bytes in a buffer that can be given away: Node's own pool and what a session of HTTP/2 reads into hold other bodies too. */
  #owned(body: Uint8Array): Uint8Array<ArrayBuffer> {
    const { buffer, byteOffset, byteLength } = body;
    const isOurs = byteOffset === 0 && (byteLength === buffer.byteLength || recycled.lent(buffer));
    if (isOurs && buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer))
      return new Uint8Array(buffer, 0, byteLength);
    const copy = new Uint8Array(recycled.takeOrMake(byteLength), 0, byteLength);
    copy.set(body);
    return copy;
  }

  /** Gives what waits to the threads that have the least to do. @param most bytes that a thread may have already */
  #assign(most = QUEUED_BYTES): void {
    while (this.#queue.length > 0) {
      const thread = this.#idlest();
      if (thread.bytes > most) return;
      const waiting = this.#queue.shift()!;
      const { body, bytes, encoding, writer } = waiting;
      const job = ++this.#lastJob;
      const spare = recycled.take(bytes * TAIL_BYTES);
      const message: PrepareJob = { job, body, encoding, writer, spare };
      try {
        thread.worker.postMessage(message, spare === undefined ? [body.buffer] : [body.buffer, spare]);
      } catch (error) {
        waiting.reject(error instanceof Error ? error : new Error(String(error)));
        continue;
      }
      thread.jobs.set(job, waiting);
      thread.bytes += bytes;
    }
  }

  #idlest(): Thread {
    const [first, ...others] = this.#threads;
    const idlest = others.reduce((least, other) => (other.bytes < (least?.bytes ?? 0) ? other : least), first);
    if (idlest !== undefined && (idlest.bytes === 0 || this.#threads.length === this.#o.workers)) return idlest;
    const thread = this.#start();
    this.#threads.push(thread);
    return thread;
  }

  #start(): Thread {
    const { key, accept, maxTailBytes, idKey, limits, signatures = [] } = this.#o;
    const { policy } = this.#redactor;
    const setup: PrepareSetup = { role: "preparer", policy, key, accept, maxTailBytes, idKey, limits, signatures };
    const worker = (this.#o.start ?? startWorker)(setup);
    const thread: Thread = { worker, jobs: new Map(), bytes: 0 };
    worker.on("message", (answer: PrepareAnswer) => this.#answered(thread, answer));
    worker.on("error", (error) => this.#lost(thread, error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", (code) => this.#lost(thread, new Error(`a thread that prepares requests ended with ${code}`)));
    return thread;
  }

  #answered(thread: Thread, answer: PrepareAnswer): void {
    const waiting = thread.jobs.get(answer.job)!;
    thread.jobs.delete(answer.job);
    thread.bytes -= waiting.bytes;
    recycled.give(answer.body);
    if ("request" in answer) waiting.resolve(answer.request);
    else if ("refused" in answer)
      waiting.reject(new DecodeError(answer.refused.code, answer.refused.reason, answer.refused.offset));
    else waiting.reject(new Error(answer.failed));
    this.#assign();
  }

  /** Its requests may pass next time; another thread is started when there is need. */
  #lost(thread: Thread, error: Error): void {
    const at = this.#threads.indexOf(thread);
    if (at < 0 || this.#isClosed) return;
    this.#threads.splice(at, 1);
    for (const { reject } of thread.jobs.values())
      reject(new RequestError("unexpected", "the receiver could not handle the request", { cause: error }));
    this.#o.onLost(error);
    this.#assign();
  }
}

function startWorker(setup: PrepareSetup): Worker {
  // The sources run as they are, and so does what was built from them: the worker is the neighbour of the same kind.
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new Worker(new URL(`./prepare-worker${extension}`, import.meta.url), { workerData: setup });
}
