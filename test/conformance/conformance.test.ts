// conformance.test.ts: the OTLP checklist, one test a point, and the page that is made from what they did.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { POINTS } from "./points.ts";
import { testPoints } from "./suite.ts";
import { conformancePage } from "./table.ts";

const outcomes = testPoints(POINTS);

test("every point of the checklist has its test, in order", () => {
  assert.deepEqual(
    POINTS.map(({ number }) => number),
    Array.from({ length: 41 }, (_, i) => i + 1),
  );
});

test("docs/conformance.md says what this run found", async (t) => {
  const page = conformancePage(outcomes);
  // Asked for by make-docs.ts, which writes the page.
  if (process.env.CONFORMANCE_PAGE !== undefined) t.diagnostic(`page ${JSON.stringify(page)}`);
  const kept = await readFile(new URL("../../docs/conformance.md", import.meta.url), "utf8").catch(() => "");
  assert.equal(kept, page, "out of date: run node --conditions=@proofline/source test/conformance/make-docs.ts");
});
