// The decoders under hostile input, a short run; slow-million.ts is the long one.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { campaign, makeInput } from "./campaign.ts";
import { check } from "./check.ts";
import type { InputKind } from "./input.ts";

const INPUTS = 20_000;
const MAX_HEAP_GROWTH_BYTES = 8 * 2 ** 20;

describe("the decoders", () => {
  test(`hold under ${INPUTS} hostile inputs: no crash, no changed neighbour, no leak`, (t) => {
    const report = campaign(1, INPUTS);
    t.diagnostic(
      `slowest input ${report.slowestMs.toFixed(1)} ms (seed ${report.slowestSeed}), ${JSON.stringify(report.verdicts)}`,
    );
    assert.deepEqual(report.found, []);
    assert.ok(report.heapGrowthBytes < MAX_HEAP_GROWTH_BYTES, `the heap grew by ${report.heapGrowthBytes} bytes`);
    // A generator that makes only one kind of input would find nothing.
    for (const [verdict, count] of Object.entries(report.verdicts)) assert.ok(count > INPUTS / 20, `${count} ${verdict}`);
  });

  test("a seed makes the same input each time", () => {
    for (let seed = 0; seed < 50; seed++) assert.deepEqual(makeInput(seed), makeInput(seed));
  });

  /** Inputs that found something once: KIND.NAME.pb or .json. */
  const corpus = new URL("corpus/", import.meta.url);
  for (const name of readdirSync(corpus).filter((file) => /\.(pb|json)$/.test(file))) {
    test(`hold under ${name}`, () => {
      const kind = name.split(".")[0] as InputKind;
      check({ encoding: name.endsWith(".pb") ? "protobuf" : "json", kind, seed: 0, body: readFileSync(new URL(name, corpus)) });
    });
  }
});
