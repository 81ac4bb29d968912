// cluster.ts: a primary and three workers record side by side into one spool folder; one worker is killed, one exits, one disconnects.
import cluster from "node:cluster";
import { once } from "node:events";
import { audit } from "@proofline/instrumentation";

const name = cluster.isPrimary ? "primary" : process.env.WORKER_NAME!;
for (let n = 1; n <= 30; n++) {
  audit.record({
    event: "worker.ran",
    actor: { id: name, type: "service" },
    action: "EXECUTE",
    outcome: "success",
    id: `${name}-${n}`,
  });
}

if (cluster.isPrimary) {
  const ended = ["killed", "exiting", "leaving"].map(async (name) => {
    const worker = cluster.fork({ WORKER_NAME: name });
    await once(worker, "message");
    if (name === "killed") worker.process.kill("SIGKILL");
    if (name === "leaving") worker.disconnect();
    await once(worker, "exit");
  });
  await Promise.all(ended);
  console.log("workers gone");
} else {
  process.send!("recorded");
  if (name === "exiting") setTimeout(() => process.exit(0), 10);
  if (name === "killed") setInterval(() => undefined, 1000);
}
