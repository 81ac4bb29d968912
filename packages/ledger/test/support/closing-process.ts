// closing-process.ts: a process of its own that opens a log, has what the start did not read checked, and closes it while that goes on.

import { setTimeout as sleep } from "node:timers/promises";
import { openLedger } from "../../src/index.ts";
import { LOG, signer } from "./fixture.ts";

const ledger = await openLedger({ data: process.argv[2]!, log: LOG, signer, check: true, onFatal: () => process.exit(70) });
await sleep(Number(process.argv[3]));
const { at } = ledger.check;
await ledger.close();
console.log(`closed, ${at}`);
