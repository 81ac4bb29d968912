// refusals.ts: what a person reads when a log refuses to start: what was found, what it looks like, how to go on.

import { hashToBase64, type OpenedCheckpoint } from "@proofline/tlog";
import { LedgerError } from "./errors.ts";
import type { Layout } from "./layout.ts";

export function rolledBack(layout: Layout, lines: number, signed: number): LedgerError {
  return new LedgerError(
    "ROLLED_BACK",
    `${layout.folder} is behind its own checkpoint: ${count(lines)} lines, but ${count(signed)} were signed.\n` +
      "It looks like a backup from before that time (ROLLED_BACK). Events were acknowledged that are not here. Nothing was changed.\n" +
      goOnRolledBack(layout),
    { fatal: true },
  );
}

export function cursorAhead(layout: Layout, sink: string, next: number, lines: number): LedgerError {
  return new LedgerError(
    "ROLLED_BACK",
    `${layout.folder} is behind what it has delivered: ${count(lines)} lines, but sink ${sink} has got ${count(next)}.\n` +
      "It looks like a backup from before that time (ROLLED_BACK). Events were acknowledged that are not here; the sink has them.\n" +
      goOnRolledBack(layout),
    { fatal: true },
  );
}

/** @param where the anchor was found */
export function anchorAhead(layout: Layout, where: string, signed: number, lines: number): LedgerError {
  return new LedgerError(
    "ROLLED_BACK",
    `${layout.folder} is behind a checkpoint that it signed before: ${count(lines)} lines, but ${where} has one of ${count(signed)}.\n` +
      "It looks like a backup from before that time (ROLLED_BACK). Events were acknowledged that are not here. Nothing was changed.\n" +
      goOnRolledBack(layout),
    { fatal: true },
  );
}

/** @param anchor a checkpoint that this log's key has signed */
export function anchorForked(layout: Layout, anchor: OpenedCheckpoint & { readonly where: string }, root: string): LedgerError {
  return new LedgerError(
    "FORKED",
    `${layout.folder} is not the log that was signed: ${anchor.where} has a checkpoint of its first ${count(anchor.size)} lines with another root (FORKED).\n` +
      `  signed     ${hashToBase64(anchor.root)}\n  found      ${root}\n` +
      "Someone wrote this history again, or two copies of this log went on by themselves. Nothing was changed.\n" +
      goOn(layout),
    { fatal: true },
  );
}

export function notRolledBack(layout: Layout, lines: number): LedgerError {
  return new LedgerError(
    "NOT_ROLLED_BACK",
    `${layout.folder} is not behind its checkpoint, its sinks or any checkpoint that was found: ${count(lines)} lines. There is nothing to accept or to restore; nothing was changed.`,
  );
}

export function cursorForked(layout: Layout, sink: string, next: number, expected: string, found: string): LedgerError {
  return new LedgerError(
    "FORKED",
    `${layout.folder}: seq ${next - 1} is not the line that was delivered to sink ${sink} (FORKED).\n` +
      `  delivered  ${expected}\n  here       ${found}\n${goOn(layout)}`,
    { fatal: true },
  );
}

export function forked(layout: Layout, checkpoint: OpenedCheckpoint, root: string): LedgerError {
  return new LedgerError(
    "FORKED",
    `${layout.folder} is not the log that was signed: its first ${count(checkpoint.size)} lines are a chain that holds, with another root (FORKED).\n` +
      `  signed     ${hashToBase64(checkpoint.root)}\n  found      ${root}\n` +
      "Someone wrote this history again, or two copies of this log went on by themselves. Nothing was changed.\n" +
      goOn(layout),
    { fatal: true },
  );
}

export function firstSegmentMissing(layout: Layout, first: number): LedgerError {
  return new LedgerError(
    "CORRUPT",
    `${layout.segments}: the oldest segment begins at seq ${first}; expected one that begins at 0, ${layout.segment(0)} (CORRUPT).\n${goOn(layout)}`,
    { fatal: true },
  );
}

export function checkpointMissing(layout: Layout): LedgerError {
  return new LedgerError(
    "CORRUPT",
    `${layout.checkpoint} is missing, but there are lines (CORRUPT). Without it nobody can say whether the newest ones are gone.\n` +
      "  to go on                   put back the newest copy of it that you have: any sink that gets checkpoints has one\n" +
      `  to read the log            proofline verify --data ${layout.data}`,
    { fatal: true },
  );
}

export function checkpointRefused(layout: Layout, why: string): LedgerError {
  return new LedgerError(
    "CORRUPT",
    `${layout.checkpoint} is not a checkpoint of log ${layout.log} signed with its key: ${why} (CORRUPT).\n${goOn(layout)}`,
    { fatal: true },
  );
}

export function wrongKey(layout: Layout, expected: string, found: string): LedgerError {
  return new LedgerError(
    "WRONG_KEY",
    `${layout.folder} was created with another key.\n` +
      `  its key    ${expected}   (${layout.vkey})\n  given      ${found}\n` +
      "A checkpoint signed with a key that its readers do not know would be worth nothing. Give the log's own key.",
    { fatal: true },
  );
}

export function noSuchLog(layout: Layout): LedgerError {
  return new LedgerError(
    "NO_SUCH_LOG",
    `there is no log ${layout.log} in ${layout.data} (expected ${layout.checkpoint}).\n` +
      "  to create it               proofline log create\n" +
      "  if there should be one     the wrong folder is mounted, or it was moved: a new log would not continue the old one",
  );
}

function goOnRolledBack(layout: Layout): string {
  const place = `--data ${layout.data} --log ${layout.log}`;
  return (
    `  to read it                 proofline verify --data ${layout.data}\n` +
    `  to bring the rest back     proofline restore ${place} --from-loki URL     (or --from-lines FILE)\n` +
    `  to go on without them      proofline log accept-rollback ${place} --because "…"     (this is written into the log)\n` +
    "  or                         put back the newest copy of this folder"
  );
}

function goOn(layout: Layout): string {
  return (
    `  to read it                 proofline verify --data ${layout.data}\n` +
    "  to go on with it           put back the newest copy of this folder\n" +
    "  to go on without it        keep this folder as it is, and begin a new log under another name: proofline log create"
  );
}

function count(n: number): string {
  return n.toLocaleString("en-US");
}
