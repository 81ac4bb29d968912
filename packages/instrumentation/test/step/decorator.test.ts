// Specifies auditStep as a decorator: compiled as an application would compile it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { auditStep } from "../../src/step/wrap.ts";
import { packageFolder } from "../kit/child.ts";
import { fixture } from "../kit/fixture.ts";

const run = promisify(execFile);

const SOURCE = `
import { auditStep } from "@proofline/instrumentation";
import { recordAudit } from "@proofline/instrumentation/testing";

class Invoices {
  readonly rate = 2;
  @auditStep({ event: "invoice.scored", target: { id: "4711", type: "invoice" } })
  async score(amount: number): Promise<number> {
    return amount * this.rate;
  }
}
const recorder = recordAudit();
console.log(await new Invoices().score(21), recorder.events.map(({ event, outcome }) => event + " " + outcome).join(", "));
`;

test("a decorated method keeps its this, arguments and type, and leaves its two events", async (t: TestContext) => {
  // Within the package, so that it finds what it imports.
  const folder = await mkdtemp(join(packageFolder, "node_modules", ".decorator-")).catch(() =>
    mkdtemp(join(packageFolder, ".decorator-")),
  );
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "app.mts"), SOURCE);
  const tsc = join(packageFolder, "../../node_modules/typescript/bin/tsc");
  const options = [
    "--target",
    "es2022",
    "--module",
    "nodenext",
    "--strict",
    "--skipLibCheck",
    "--types",
    "node",
    "--ignoreConfig",
  ];
  await run(process.execPath, [tsc, ...options, join(folder, "app.mts")]).catch((error: { stdout?: string }) =>
    assert.fail(error.stdout ?? "tsc did not run"),
  );
  const { stdout } = await run(process.execPath, ["--conditions=@proofline/source", join(folder, "app.mjs")], {
    cwd: packageFolder,
  });
  assert.equal(stdout.trim(), "42 invoice.scored.started unknown, invoice.scored success");
});

test("applied by hand it is the wrapper", async (t) => {
  const { audit: open, receiver } = await fixture(t);
  const audit = open();
  const decorate = auditStep({ event: "x", audit });
  const twice = decorate((n: number) => n * 2, {} as ClassMethodDecoratorContext);
  assert.equal(twice(21), 42);
  assert.equal(await audit.flush(), 0);
  assert.deepEqual(
    receiver.accepted.map(({ event }) => event),
    ["x.started", "x"],
  );
});
