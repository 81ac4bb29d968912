// make-docs.ts: runs the conformance suite and writes docs/conformance.md from its report.

import { writeFile } from "node:fs/promises";
import { run } from "node:test";
import { fileURLToPath } from "node:url";

const suite = fileURLToPath(new URL("conformance.test.ts", import.meta.url));
process.env.CONFORMANCE_PAGE = "wanted"; // the suite's own process inherits it
let page: string | undefined;
const failed: string[] = [];
for await (const event of run({ files: [suite], execArgv: ["--conditions=@proofline/source"] })) {
  if (event.type === "test:diagnostic" && event.data.message.startsWith("page "))
    page = JSON.parse(event.data.message.slice("page ".length)) as string;
  if (event.type === "test:fail" && /^\d\d /.test(event.data.name)) failed.push(event.data.name);
}
if (page === undefined) throw new Error("the suite did not come to its end");
// A suite that found nothing at all has found a broken tree.
if (failed.length > 5) throw new Error(`${failed.length} points do not hold, first: ${failed[0]}; nothing is written`);
await writeFile(new URL("../../docs/conformance.md", import.meta.url), page);
for (const name of failed) process.stdout.write(`does not hold: ${name}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
