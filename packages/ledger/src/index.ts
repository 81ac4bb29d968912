// What the other rooms may use of the ledger.

export { type AcceptedRollback, type AcceptRollbackOptions, acceptRollback } from "./accept-rollback.ts";
export type { Anchor } from "./anchors.ts";
export type { CheckState } from "./background-check.ts";
export type { SignedCheckpoint } from "./checkpointer.ts";
export { type CreateLogOptions, createLog } from "./create.ts";
export type { Cursor } from "./cursor.ts";
export { type Disk, type DiskFile, nodeDisk, type OpenMode } from "./disk.ts";
export type { Entry } from "./entry.ts";
export { LedgerError, type LedgerErrorCode } from "./errors.ts";
export { IdHasher, type IdKey } from "./id-hash.ts";
export { Layout, logFolder, parseSegmentName } from "./layout.ts";
export type { Commit, Ledger, Suspect } from "./ledger.ts";
export type { LockOwner } from "./lock.ts";
export type { StoredObject } from "./objects.ts";
export { type OpenLedgerOptions, openLedger } from "./open.ts";
export type { Actor } from "./own-line.ts";
export type { Processes, ProcessIdentity } from "./process-identity.ts";
export type { ReadLine } from "./reader.ts";
export type { RecoveryReport } from "./recover.ts";
export { type Restored, type RestoreOptions, restoreLines } from "./restore.ts";
export type { Room } from "./room.ts";
export { openSegment, type SegmentFile } from "./segment-file.ts";
export { type ListedSegment, listSegments } from "./segments.ts";
export { hashId, type TailBatch } from "./tail-batch.ts";
export { type UnlockOptions, unlockLog } from "./unlock.ts";
