// threads.ts: three worker threads and the main thread record events, each with a spool of its own. One worker ends by itself, one with
// process.exit, one is terminated, which no handler hears of. The main thread lives on until it is told to end.
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { audit } from "@proofline/instrumentation";

const name = isMainThread ? "main" : (workerData as string);
audit.start();
for (let n = 1; n <= 30; n++) {
  audit.record({
    event: "thread.ran",
    actor: { id: name, type: "service" },
    action: "EXECUTE",
    outcome: "success",
    id: `${name}-${n}`,
  });
}

if (isMainThread) {
  const [ending, exiting, doomed] = ["ending", "exiting", "doomed"].map((data) => {
    return new Worker(new URL(import.meta.url), { workerData: data, execArgv: process.execArgv });
  });
  const ended = [ending!, exiting!].map((worker) => once(worker, "exit"));
  await once(doomed!, "message");
  await doomed!.terminate();
  await Promise.all(ended);
  console.log("workers gone");
  process.once("SIGTERM", () => process.exit(0));
  setInterval(() => undefined, 1000);
} else if (name === "exiting") process.exit(0);
else if (name === "doomed") {
  parentPort!.postMessage("recorded");
  setInterval(() => undefined, 1000);
}
