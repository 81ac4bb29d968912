// make-dashboards.ts: writes the dashboards, the alert rules and the provisioning files from their sources:
// `npx node deploy/grafana/make-dashboards.ts`. Nothing that it writes is edited by hand; a test holds the files to it.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedFiles } from "./source/files.ts";

const deploy = join(import.meta.dirname, "..");
for (const [path, text] of generatedFiles()) {
  mkdirSync(dirname(join(deploy, path)), { recursive: true });
  writeFileSync(join(deploy, path), text);
  process.stdout.write(`deploy/${path}\n`);
}
