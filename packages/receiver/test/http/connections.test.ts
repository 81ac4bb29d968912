import assert from "node:assert/strict";
import { test } from "node:test";
import { maxConnections } from "../../src/http/connections.ts";

const limits = (files: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax processes             10                   10                   processes\nMax open files            ${files}                 ${files}                 files\n`;

test("a listener holds as many connections as it may, or its share of what the system leaves after the reserve", () => {
  for (const [text, expected] of [
    [undefined, 4_096],
    ["", 4_096],
    [limits("unlimited"), 4_096],
    [limits("1048576"), 4_096],
    [limits("4096"), 1_920],
    [limits("1024"), 384],
    [limits("256"), 16],
    [limits("64"), 16],
  ] as const)
    assert.equal(maxConnections(4_096, 0.5, text ?? ""), expected, text);
});
