// report.ts: what a verification says: its result, its findings, and what it could not prove. Knows no files and no network.

/** Evidence that the log, or this copy of it, is not what was written. Any one makes the result "broken". */
export type BrokenCode =
  // a line and its neighbours
  | "LINE_CHANGED" // its hash, or its number, is not what its neighbours or the signed tree say
  | "UNPARSEABLE" // bytes that are no line
  | "MISSING" // one or more numbers have no line
  | "UNEXPECTED" // a line that stands where another belongs
  | "REPEATED" // a line that stood before
  | "OUT_OF_ORDER" // two lines changed places
  | "CONFLICTING" // two different lines with one number
  | "WRONG_LOG" // a line of another log
  | "RECEIVED_NOT_LATER" // its time is not after the one before
  // the files
  | "NO_NEWLINE" // a sealed segment ends in the middle of a line
  | "SEGMENT_NAME" // a segment is not named by its first line
  | "TILE_CHANGED" // a tile does not hold the hashes of its lines, and no checkpoint speaks for it
  | "OBJECT_MISSING" // a value that was moved out of a line is not there
  | "OBJECT_CHANGED" // or is not what its address says
  // what was signed
  | "TRUNCATED" // fewer lines than the log's checkpoint covers
  | "ROLLED_BACK" // fewer lines than a checkpoint covers that the caller kept
  | "FORKED" // two signed checkpoints that cannot both be true
  | "ROOT_MISMATCH" // the lines are linked, but are not those that were signed
  | "CHECKPOINT_MISSING"
  | "CHECKPOINT_UNREADABLE"
  | "BAD_SIGNATURE" // by a key that was given, over other bytes
  | "UNTRUSTED_KEY" // signed, but by none of the keys that were given
  | "WRONG_ORIGIN" // signed for another log
  | "WRONG_VKEY" // the folder's own copy of its key is not one that was given
  // receipts
  | "RECEIPT_MISMATCH" // a receipt's leaf hash is not that of the line, or not the one that was signed
  | "PROOF_MISMATCH" // a receipt's proof does not lead to the signed root
  // what the lines say
  | "DUPLICATE_ID"
  | "PRODUCER_GAP"
  | "PRODUCER_REPEAT"
  | "PRODUCER_AFTER_END";

/** Why it could not be told whether the log holds. Without a {@link BrokenCode}, any one makes the result "unknown". */
export type UnknownCode =
  | "NO_KEY" // no key to check signatures with
  | "BAD_KEY" // a key of the caller's that cannot be read
  | "NO_LOG" // no such log, or no log at all
  | "NO_DATA" // no lines, or not all that were asked for
  | "NOTHING_SIGNED" // lines, and no checkpoint that covers one
  | "RANGE_NOT_PROVEN" // a part of the log, and nothing that ties it to a checkpoint
  | "RECEIPT_NOT_PROVEN" // a receipt without a proof, and no log to look it up in
  | "BAD_RECEIPT" // what is no receipt
  | "SAVED_CHECKPOINT_UNUSABLE" // a checkpoint of the caller's that cannot be read or verified
  | "UNREADABLE" // a file or folder
  | "UNREACHABLE" // no answer, or an error of the server
  | "BAD_ANSWER"; // an answer that cannot be understood

export type FindingCode = BrokenCode | UnknownCode;

export interface Finding {
  readonly code: FindingCode;
  /** The first line that it concerns: every line before it is untouched by this finding. null when it is about no line. */
  readonly seq: number | null;
  readonly expected: string;
  readonly found: string;
  /** `file:line`, or another place a person can go to. */
  readonly where: string;
}

export type Result = "holds" | "broken" | "unknown";

export interface CheckpointReport {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** `name+id` of the given keys that signed it; empty when no key was given. */
  readonly keys: readonly string[];
}

export interface Report {
  readonly result: Result;
  readonly log: string;
  /** The lines that the result is about: when it holds, those that a signed checkpoint covers; else all that were read. */
  readonly from: number;
  /** Inclusive; from - 1 when there are none. */
  readonly to: number;
  readonly records: number;
  readonly checkpoint: CheckpointReport | null;
  /** The first hundred, in the order of the lines. */
  readonly findings: readonly Finding[];
  readonly notProven: readonly string[];
  readonly details: ReportDetails;
  /** When several logs were looked at: the reports of all. The other fields are those of the worst. */
  readonly logs?: readonly Report[];
}

/** For the page that a person reads; not part of the JSON. */
export interface ReportDetails {
  /** The folder or URL that was read. */
  readonly source: string;
  /** The times of the first and last line that the result is about, as they stand in the lines; "" when there are none. */
  readonly firstReceived: string;
  readonly lastReceived: string;
  /** Checkpoint signatures by given keys that were verified. */
  readonly signatures: number;
  /** The caller's own checkpoints that the lines agree with. */
  readonly savedCheckpoints: number;
  /** Producers' streams that were seen. */
  readonly streams: number;
  /** Findings beyond those listed. */
  readonly moreFindings: number;
  /** The changed lines were pinned down by a signed root: all others are as signed. */
  readonly restIsProven: boolean;
  /** Values moved out of lines whose files were read and are right. */
  readonly objects: number;
  /** Where the lines were not read: lines that the log had when it was last looked at, and has now. */
  readonly growth?: { readonly from: number | undefined; readonly to: number };
  /** Receipts that were checked, where these and not a log were the question. */
  readonly receipts?: number;
  /** Lines that were compared with receipts. */
  readonly comparedLines?: number;
}

const UNKNOWN_CODES: ReadonlySet<string> = new Set<UnknownCode>([
  "NO_KEY",
  "BAD_KEY",
  "NO_LOG",
  "NO_DATA",
  "NOTHING_SIGNED",
  "RANGE_NOT_PROVEN",
  "RECEIPT_NOT_PROVEN",
  "BAD_RECEIPT",
  "SAVED_CHECKPOINT_UNUSABLE",
  "UNREADABLE",
  "UNREACHABLE",
  "BAD_ANSWER",
]);

export function isUnknown(code: FindingCode): code is UnknownCode {
  return UNKNOWN_CODES.has(code);
}

const MAX_FINDINGS = 100;

/** Collects findings in bounded memory: the first hundred of each kind of result are kept, the others counted. */
export class Findings {
  readonly #kept: Finding[] = [];
  #broken = 0;
  #unknown = 0;

  add(finding: Finding): void {
    const count = isUnknown(finding.code) ? ++this.#unknown : ++this.#broken;
    if (count <= MAX_FINDINGS) this.#kept.push(finding);
  }

  /** Whether there is such a finding already. */
  some(matches: (finding: Finding) => boolean): boolean {
    return this.#kept.some(matches);
  }

  /** Whether any line below `size` has a finding. */
  anyBelow(size: number): boolean {
    return this.#kept.some((finding) => finding.seq !== null && finding.seq < size && !isUnknown(finding.code));
  }

  /** Takes back what another finding explains. */
  remove(explained: (finding: Finding) => boolean): void {
    for (let i = this.#kept.length - 1; i >= 0; i--) {
      const finding = this.#kept[i];
      if (finding === undefined || !explained(finding)) continue;
      this.#kept.splice(i, 1);
      if (isUnknown(finding.code)) this.#unknown--;
      else this.#broken--;
    }
  }

  get result(): Result {
    if (this.#broken > 0) return "broken";
    return this.#unknown > 0 ? "unknown" : "holds";
  }

  get more(): number {
    return this.#broken + this.#unknown - this.#kept.length;
  }

  /** In the order of the lines; what is about no line comes last. */
  list(): Finding[] {
    return this.#kept.toSorted((a, b) => (a.seq ?? Number.POSITIVE_INFINITY) - (b.seq ?? Number.POSITIVE_INFINITY) || 0);
  }
}

/** A report of a log of which no line was read. */
export function reportWithoutLines(o: {
  readonly log: string;
  readonly source: string;
  readonly findings: Findings;
  readonly checkpoint?: CheckpointReport;
  readonly notProven?: readonly string[];
  readonly details?: Partial<ReportDetails>;
}): Report {
  return {
    result: o.findings.result,
    log: o.log,
    from: 0,
    to: -1,
    records: 0,
    checkpoint: o.checkpoint ?? null,
    findings: o.findings.list(),
    notProven: o.notProven ?? [],
    details: {
      source: o.source,
      firstReceived: "",
      lastReceived: "",
      signatures: 0,
      savedCheckpoints: 0,
      streams: 0,
      moreFindings: o.findings.more,
      restIsProven: false,
      objects: 0,
      ...o.details,
    },
  };
}

const RANK: Record<Result, number> = { holds: 0, unknown: 1, broken: 2 };

/** One report for several logs: the one with the worst result, the first of several such, with all of them inside. */
export function worstOf(reports: readonly [Report, ...Report[]]): Report {
  const worst = reports.reduce((one, other) => (RANK[other.result] > RANK[one.result] ? other : one));
  return reports.length === 1 ? worst : { ...worst, logs: reports };
}

/** The object that `verify --json` prints. */
export function reportToJson(report: Report): object {
  const { result, log, from, to, records, checkpoint, findings, notProven, logs } = report;
  const own = { result, log, from, to, records, checkpoint, findings, notProven };
  return logs === undefined ? own : { ...own, logs: logs.map(reportToJson) };
}
