// Every step of compressing a segment, of accepting a rollback and of restoring lines × every way in which it can go wrong.

import { test } from "node:test";
import { compressCrash } from "./support/compressed.ts";
import { FAULTS } from "./support/faulty-disk.ts";
import { acceptCrash, restoreCrash } from "./support/rolled-back.ts";

for (const fault of FAULTS) {
  test(`a segment is compressed, and a step ${fault}: no line is missing or changed, and one form is left`, () =>
    compressCrash(fault, 1));
  test(`a rollback is accepted, and a step ${fault}: still refused, or the log says what was done, once`, () =>
    acceptCrash(fault, 2));
  test(`lines are restored, and a step ${fault}: the log is refused as before, or whole`, () => restoreCrash(fault, 1));
}
