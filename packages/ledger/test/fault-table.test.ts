// The fault table over a short life of a log; slow-fault-table.ts has the one in which tiles become full.

import { faultTable, STEPS } from "./support/fault-table.ts";

await faultTable(4, STEPS);
