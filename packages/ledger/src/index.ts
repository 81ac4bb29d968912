// What the other rooms may use of the ledger.

export type { SignedCheckpoint } from "./checkpointer.ts";
export { type CreateLogOptions, createLog } from "./create.ts";
export type { Cursor } from "./cursor.ts";
export { type Disk, type DiskFile, nodeDisk, type OpenMode } from "./disk.ts";
export type { Entry } from "./entry.ts";
export { LedgerError, type LedgerErrorCode } from "./errors.ts";
export { Layout, logFolder, parseSegmentName } from "./layout.ts";
export type { Ledger } from "./ledger.ts";
export type { LockOwner } from "./lock.ts";
export type { StoredObject } from "./objects.ts";
export { type OpenLedgerOptions, openLedger } from "./open.ts";
export type { Processes, ProcessIdentity } from "./process-identity.ts";
export type { ReadLine } from "./reader.ts";
export type { RecoveryReport } from "./recover.ts";
export type { Room } from "./room.ts";
