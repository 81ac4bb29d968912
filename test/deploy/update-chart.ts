// update-chart.ts: `node test/deploy/update-chart.ts`: writes what in the chart is made from something else. Run it after a change of
// values.yaml or of the receiver's configuration.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHART, COPIES, type Json, ROOT, readText, withReceiver, withTable } from "./chart.ts";

const parse = (...parts: string[]): Json => JSON.parse(readText(...parts)) as Json;
const schema = withReceiver(parse("helm/proofline/values.schema.json"), parse("docs/config.schema.json"));
writeFileSync(join(CHART, "values.schema.json"), `${JSON.stringify(schema, null, 2)}\n`);
writeFileSync(join(CHART, "README.md"), withTable(readText("helm/proofline/README.md"), readText("helm/proofline/values.yaml")));
for (const [from, to] of COPIES) writeFileSync(join(ROOT, to), readText(from));
const biome = join(ROOT, "node_modules", "@biomejs", "biome", "bin", "biome");
execFileSync(process.execPath, [biome, "format", "--write", join(CHART, "values.schema.json")], { cwd: ROOT, stdio: "ignore" });
