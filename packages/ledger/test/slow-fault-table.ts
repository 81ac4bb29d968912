// The fault table over a life in which a tile becomes full and its partial ones go.

import { faultTable, STEPS } from "./support/fault-table.ts";

await faultTable(256, [...STEPS, "removeDirectory"]);
