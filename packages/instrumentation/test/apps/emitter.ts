// emitter.ts: emits events in bursts until it is killed, and prints each id when `record` has returned. With `drain` it emits
// nothing, delivers what others left, and ends.
import { setTimeout as sleep } from "node:timers/promises";
import { audit } from "@proofline/instrumentation";

const mode = process.argv[2];
const prefix = `${process.pid}-${Date.now()}`;

if (mode === "drain") {
  audit.start();
  // A first look takes over what is there; it is found within the first poll or is not there.
  let quiet = 0;
  while (quiet < 3) {
    await sleep(100);
    const { takenOver, waiting } = audit.stats();
    quiet = takenOver > 0 || waiting > 0 ? 0 : quiet + 1;
  }
  await audit.shutdown();
  console.log("drained");
} else {
  let n = 0;
  const burst = (): void => {
    for (let i = 0; i < 25; i++) {
      const id = `${prefix}-${++n}`;
      audit.record({ event: "burst", actor: { id: "emitter", type: "service" }, action: "WRITE", outcome: "success", id });
      process.stdout.write(`${id}\n`);
    }
    setTimeout(burst, 2);
  };
  burst();
}
