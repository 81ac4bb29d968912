// Every code that a disk may fail with × every step of a log's life × whether the step was done.

import { errorTable } from "./support/error-table.ts";

await errorTable("every step");
