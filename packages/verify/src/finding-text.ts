// finding-text.ts: what each kind of finding means, in one sentence for a person. The only place that words them.

import type { BrokenCode, Finding, FindingCode, UnknownCode } from "./report.ts";

type Sentence = (finding: Finding) => string;

const BROKEN: Record<BrokenCode, Sentence> = {
  LINE_CHANGED: () => "the line was changed",
  UNPARSEABLE: () => "what stands there is no line",
  MISSING: ({ expected }) => `missing (${expected}): deleted, expired or never delivered`,
  UNEXPECTED: () => "another line was put there",
  REPEATED: () => "an earlier line stands there again",
  OUT_OF_ORDER: () => "lines changed places",
  CONFLICTING: () => "two different lines have this number",
  WRONG_LOG: () => "the line belongs to another log",
  RECEIVED_NOT_LATER: () => "the line's time is not after that of the line before",
  NO_NEWLINE: () => "a sealed segment ends in the middle of a line",
  SEGMENT_NAME: () => "the segment's name is not that of its first line",
  TILE_CHANGED: () => "a hash tile was changed",
  OBJECT_MISSING: () => "a value that was moved out of the line is gone",
  OBJECT_CHANGED: () => "a value that was moved out of the line was changed",
  TRUNCATED: () => "the end is missing: there are fewer lines than were signed",
  ROLLED_BACK: () => "there are fewer lines than in a checkpoint that you kept: this is an older state of the log",
  FORKED: () => "two signed checkpoints contradict each other: the log tells two stories",
  ROOT_MISMATCH: () => "the lines are linked, but they are not those that were signed: history was written anew",
  CHECKPOINT_MISSING: () => "there is no checkpoint",
  CHECKPOINT_UNREADABLE: () => "the checkpoint cannot be read",
  BAD_SIGNATURE: () => "the checkpoint's signature is wrong",
  UNTRUSTED_KEY: () => "the checkpoint is signed by a key that you did not give",
  WRONG_ORIGIN: () => "the checkpoint is of another log",
  WRONG_VKEY: () => "the folder's own copy of the key is not the key that you gave",
  RECEIPT_MISMATCH: () => "the receipt is not for the line that has this number",
  PROOF_MISMATCH: () => "the receipt's proof does not lead to the signed root",
  DUPLICATE_ID: () => "the record is there twice",
  PRODUCER_GAP: ({ found }) => `an event never arrived: ${found}`,
  PRODUCER_REPEAT: ({ found }) => `a producer used a number twice: ${found}`,
  PRODUCER_AFTER_END: ({ found }) => `a producer went on after its end: ${found}`,
};

const UNKNOWN: Record<UnknownCode, Sentence> = {
  NO_KEY: () =>
    "no key to check signatures with. Give --key FILE, or fetch one from someone you trust; the copy of the key in the data folder " +
    "proves nothing about the folder.",
  NO_LOG: ({ where, expected, found }) => `${where}: found ${found}; expected ${expected}.`,
  NO_DATA: ({ where, expected, found }) =>
    expected === "lines"
      ? `${where}: no lines, so there is nothing that could be checked.`
      : `${where}: you asked for ${expected}, and they are not there: ${found}.`,
  BAD_KEY: ({ where, found }) => `--key ${where}: ${found}`,
  NOTHING_SIGNED: () =>
    "no checkpoint covers any of these lines yet. Try again when the receiver has signed one; it does so when it stops, too.",
  RANGE_NOT_PROVEN: () =>
    "these lines are chained, but nothing ties them to a signed checkpoint. Leave --from and --to away to read the whole log.",
  RECEIPT_NOT_PROVEN: ({ where, found }) =>
    `${where}: ${found}. Ask for receipts with a proof (?wait=checkpoint), or look the line up with --data DIR or --url LOG.`,
  BAD_RECEIPT: ({ where, expected, found }) => `${where}: expected ${expected}, found ${found}`,
  SAVED_CHECKPOINT_UNUSABLE: ({ where, found }) => `${where}: this checkpoint of yours cannot be used: ${found}`,
  UNREADABLE: ({ where, found }) => `${where} cannot be read: ${found}`,
  UNREACHABLE: ({ where, found }) => `${where} could not be asked: ${found}`,
  BAD_ANSWER: ({ where, expected }) => `${where} gave an answer that cannot be understood; expected ${expected}`,
};

const SENTENCES: Record<FindingCode, Sentence> = { ...BROKEN, ...UNKNOWN };

export function describeFinding(finding: Finding): string {
  return SENTENCES[finding.code](finding);
}
