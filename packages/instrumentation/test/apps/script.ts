// script.ts: an application that records what its arguments say and then ends in the way that they say.
import { audit } from "@proofline/instrumentation";

const [how, count] = process.argv.slice(2);
for (let n = 1; n <= Number(count); n++) {
  audit.record({
    event: "script.ran",
    actor: { id: "script", type: "service" },
    action: "EXECUTE",
    outcome: "success",
    id: `id-${n}`,
  });
}
console.log("recorded");
const endings: Record<string, () => void> = {
  naturally: () => undefined,
  exit: () => process.exit(3),
  throw: () => {
    throw new Error("the application's own");
  },
  reject: () => void Promise.reject(new Error("the application's own")),
  wait: () => void setInterval(() => undefined, 1000),
  "own handler": () => {
    process.on("SIGTERM", () => process.exit(7));
    setInterval(() => undefined, 1000);
    console.log("ready");
  },
};
endings[how!]!();
