// register.ts: `node --import @proofline/instrumentation/register app.js`. Checks Node, then loads and starts the rest; an old Node
// never gets to see a module that it cannot read.

import { tooOld } from "./node-version.ts";

const problem = tooOld(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`proofline: ${problem}\n`);
  process.exit(1);
}
const { registerAudit } = await import("./register-audit.ts");
registerAudit();
