// fill-disk.ts: records events in one turn of the event loop, also when the disk or the spool takes no more; prints each id whose `record` returned, and how many threw.
import { audit } from "@proofline/instrumentation";

let thrown = 0;
for (let n = 1; n <= Number(process.argv[2]); n++) {
  try {
    audit.record({
      event: "script.ran",
      actor: { id: "script", type: "service" },
      action: "EXECUTE",
      outcome: "success",
      id: `id-${n}`,
    });
    console.log(`id-${n}`);
  } catch (error) {
    if (!/^SPOOL_/.test((error as { code?: string }).code ?? "")) throw error;
    thrown++;
  }
}
console.log(`thrown ${thrown}`);
