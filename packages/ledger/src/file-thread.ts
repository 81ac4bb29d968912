// file-thread.ts: this side of the thread that writes many small files (file-worker.ts). It is started when there is something for it to do,
// and holds the process open only then.

import { Worker } from "node:worker_threads";
import { FILE_ROLE, type FileAnswer, type FileJob, type NewFile } from "./file-worker.ts";

export class FileThread {
  readonly #start: () => Worker;
  #worker: Worker | undefined;
  #lastJob = 0;
  readonly #waiting = new Map<number, { readonly resolve: () => void; readonly reject: (error: Error) => void }>();

  /** @param start for tests: starts a thread */
  constructor(start: () => Worker = startWorker) {
    this.#start = start;
  }

  /** Rejects with the system's error. The bytes are copied before it returns. */
  write(files: readonly NewFile[], permissions: number): Promise<void> {
    this.#worker ??= this.#begin();
    const worker = this.#worker;
    const job = ++this.#lastJob;
    return new Promise((resolve, reject) => {
      worker.postMessage({ job, files, permissions } satisfies FileJob);
      this.#waiting.set(job, { resolve, reject });
      worker.ref();
    });
  }

  #begin(): Worker {
    const worker = this.#start();
    worker.on("message", (answer: FileAnswer) => this.#answered(worker, answer));
    worker.on("error", (error) => this.#lost(worker, error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", (code) => this.#lost(worker, new Error(`the thread that writes files ended with ${code}`)));
    return worker;
  }

  #answered(worker: Worker, { job, failure }: FileAnswer): void {
    const { resolve, reject } = this.#waiting.get(job)!;
    this.#waiting.delete(job);
    if (this.#waiting.size === 0) worker.unref();
    if (failure === undefined) resolve();
    else reject(Object.assign(new Error(failure.message), { code: failure.code }));
  }

  /** What it was at may be there or not: the callers take it as not written. Told twice, of an error and of the end; another one may run by then. */
  #lost(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function startWorker(): Worker {
  // The sources run as they are, and so does what was built from them: the worker is the neighbour of the same kind.
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new Worker(new URL(`./file-worker${extension}`, import.meta.url), { workerData: { role: FILE_ROLE } });
}
