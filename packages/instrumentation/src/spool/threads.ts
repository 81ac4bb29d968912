// threads.ts: which threads of this process are gone. A worker thread that is terminated leaves its spool behind under the number of a
// process that lives on; only who sees it end can tell.

import { threadId, type Worker } from "node:worker_threads";

const gone = new Set<number>();
const listeners = new Set<() => void>();

// Node tells of workers that this thread starts; those of other threads are found by their silence.
process.on("worker", (worker: Worker) => {
  const { threadId: id } = worker;
  worker.once("exit", () => {
    gone.add(id);
    for (const listener of listeners) listener();
  });
});

/** 0 in the main thread. Never used twice within a process. */
export const thisThread: number = threadId;

export function isThreadGone(id: number): boolean {
  return gone.has(id);
}

/** @returns takes the listener away again */
export function onThreadGone(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
