// receipts.ts: verifies receipts: that the line which a sender was promised is in the signed tree, by the receipt's own proof or by the tiles
// of a log; and, where a line is at hand, that it is that one.

import { readFile, stat } from "node:fs/promises";
import { LineError, parseHead, parseLine } from "@proofline/event";
import { equalHashes, hashToBase64, leafHash, type NoteVerifier, TlogError, verifyInclusion } from "@proofline/tlog";
import { couldNotRead } from "./data.ts";
import { unreadable } from "./log-folder.ts";
import { plural } from "./numbers.ts";
import { parseReceipts, type Receipt } from "./receipt.ts";
import { openFolderSource, openLokiSource, openUrlSource, type ReceiptSource, type SourceOptions } from "./receipt-sources.ts";
import { type BrokenCode, Findings, type Report, reportWithoutLines, type UnknownCode, worstOf } from "./report.ts";
import { openLogCheckpoint, type Signed } from "./signed.ts";

const MAX_FILE_BYTES = 256 * 1024 * 1024;

export interface VerifyReceiptsOptions {
  /** A file with one receipt, an array of them, or an answer of /v1/audit. */
  readonly receipt: string;
  readonly keys: readonly NoteVerifier[];
  /** A file with the line of the one receipt. */
  readonly line?: string;
  /** Where the lines are looked up and compared; the first three also vouch for receipts without a proof. */
  readonly data?: string;
  readonly url?: Parameters<typeof openUrlSource>[0];
  readonly loki?: Parameters<typeof openLokiSource>[0];
}

/**
 * Verifies receipts; without a source, offline. Never throws for what it finds: what cannot be read, or has no proof, makes the result
 * "unknown".
 */
export async function verifyReceipts(o: VerifyReceiptsOptions): Promise<Report> {
  try {
    const receipts = parseReceipts((await readSmall(o.receipt)).toString("utf8"), o.receipt);
    const line = o.line === undefined ? undefined : withoutNewline(await readSmall(o.line));
    const reports: Report[] = [];
    for (const [log, of] of Map.groupBy(receipts, (receipt) => receipt.log)) reports.push(await verifyOf(log, of, line, o));
    return worstOf(reports as [Report, ...Report[]]);
  } catch (error) {
    return couldNotRead(error, "", o.receipt);
  }
}

/** The receipts of one log. */
async function verifyOf(
  log: string,
  receipts: readonly Receipt[],
  line: Uint8Array | undefined,
  o: VerifyReceiptsOptions,
): Promise<Report> {
  const findings = new Findings();
  const keys = o.keys.filter(({ name }) => name === log);
  await using source = await openSource(o, { log, keys, findings });
  const check = new ReceiptCheck(log, keys, findings, source);
  for (const receipt of receipts) await check.prove(receipt);
  if (line !== undefined) for (const receipt of receipts) check.compare(receipt, line, o.line ?? "");
  if (source !== undefined) await check.lookUp(receipts, source);
  if (keys.length === 0)
    findings.add({ code: "NO_KEY", seq: null, expected: `a key of ${log}`, found: "none", where: o.receipt });
  const seqs = receipts.map(({ seq }) => seq);
  const { newest } = check;
  const isHeld = findings.result === "holds";
  const report = reportWithoutLines({
    ...{ log, source: source?.where ?? o.receipt, findings },
    ...(newest && { checkpoint: { size: newest.size, root: hashToBase64(newest.root), keys: newest.keys } }),
    notProven: isHeld ? unprovenText(check, receipts.length) : [],
    details: { receipts: receipts.length, comparedLines: check.compared, signatures: keys.length === 0 ? 0 : check.signatures },
  });
  const least = seqs.reduce((a, b) => Math.min(a, b));
  const most = seqs.reduce((a, b) => Math.max(a, b));
  return { ...report, from: least, to: most, records: receipts.length };
}

async function openSource(o: VerifyReceiptsOptions, to: SourceOptions): Promise<ReceiptSource | undefined> {
  if (o.data !== undefined) return await openFolderSource(o.data, to);
  if (o.url !== undefined) return await openUrlSource(o.url, to);
  return o.loki === undefined ? undefined : await openLokiSource(o.loki, to);
}

function unprovenText({ compared }: ReceiptCheck, count: number): string[] {
  const looking =
    "that the log still has these lines: only that it had them when it was signed; look them up with --data DIR or --url LOG";
  return [
    ...(compared < count ? [looking] : []),
    "any other line of the log: give --data DIR or --url LOG without --receipt to verify all of it",
  ];
}

class ReceiptCheck {
  /** The checkpoint with the most lines that vouches for a receipt. */
  newest: Signed | undefined;
  compared = 0;
  signatures = 0;
  readonly #log: string;
  readonly #keys: readonly NoteVerifier[];
  readonly #findings: Findings;
  readonly #source: ReceiptSource | undefined;
  /** Receipts of one answer share their checkpoint. */
  #opened: { note: string; signed: Signed | undefined } = { note: "", signed: undefined };

  constructor(log: string, keys: readonly NoteVerifier[], findings: Findings, source: ReceiptSource | undefined) {
    this.#log = log;
    this.#keys = keys;
    this.#findings = findings;
    this.#source = source;
  }

  async prove(receipt: Receipt): Promise<void> {
    if (receipt.inclusion !== undefined) this.#proveByItself(receipt, receipt.inclusion);
    if (this.#source?.signed !== undefined) await this.#proveBySource(receipt, this.#source, this.#source.signed);
    else if (receipt.inclusion === undefined)
      this.#add(
        receipt,
        "RECEIPT_NOT_PROVEN",
        "a checkpoint and an inclusion proof",
        "the receipt has no proof in it",
        receipt.where,
      );
  }

  #proveByItself({ seq, leaf, where }: Receipt, { checkpoint, proof }: NonNullable<Receipt["inclusion"]>): void {
    const signed = this.#open(checkpoint, where);
    if (signed === undefined) return;
    this.#vouch(signed);
    try {
      verifyInclusion(leaf, seq, signed.size, proof, signed.root);
    } catch (error) {
      if (!(error instanceof TlogError)) throw error;
      const expected = `a proof that ${hashToBase64(leaf)} is leaf ${seq} of root ${hashToBase64(signed.root)} over ${signed.size} lines`;
      this.#findings.add({ code: "PROOF_MISMATCH", seq, expected, found: `${error.code}: ${error.message}`, where });
    }
  }

  #open(note: string, where: string): Signed | undefined {
    if (this.#opened.note !== note) {
      const options = { log: this.#log, keys: this.#keys, findings: this.#findings };
      this.#opened = { note, signed: openLogCheckpoint(note, where, options) };
    }
    return this.#opened.signed;
  }

  async #proveBySource(receipt: Receipt, source: ReceiptSource, signed: Signed): Promise<void> {
    const { seq, leaf } = receipt;
    if (seq >= signed.size) {
      if (receipt.inclusion === undefined)
        this.#add(
          receipt,
          "RECEIPT_NOT_PROVEN",
          `a checkpoint over line ${seq}`,
          `the newest covers ${signed.size} lines`,
          signed.where,
        );
      return;
    }
    const found = await source.leaf(seq);
    if (found === "wrong") {
      const expected = `tiles that lead to root ${hashToBase64(signed.root)}`;
      this.#add(receipt, "TILE_CHANGED", expected, "tiles that lead to another", source.where);
    } else if (found === "unusable") {
      if (receipt.inclusion === undefined)
        this.#add(receipt, "RECEIPT_NOT_PROVEN", "tiles that lead to the signed root", "tiles are missing", source.where);
    } else if (equalHashes(found, leaf)) this.#vouch(signed);
    else
      this.#add(
        receipt,
        "RECEIPT_MISMATCH",
        `hash ${hashToBase64(leaf)}, by the receipt`,
        `hash ${hashToBase64(found)}, as signed`,
        source.where,
      );
  }

  #vouch(signed: Signed): void {
    this.signatures += signed.keys.length;
    if (this.newest === undefined || signed.size > this.newest.size) this.newest = signed;
  }

  /** Fetches the lines and compares each with its receipt. */
  async lookUp(receipts: readonly Receipt[], source: ReceiptSource): Promise<void> {
    const missing = new Map(receipts.map((receipt) => [receipt.seq, receipt]));
    const bySeq = Map.groupBy(receipts, ({ seq }) => seq);
    for await (const { seq, line } of source.lines([...missing.keys()].toSorted((a, b) => a - b))) {
      missing.delete(seq);
      for (const receipt of bySeq.get(seq) ?? []) this.compare(receipt, line, source.where);
    }
    for (const receipt of missing.values()) this.#add(receipt, "MISSING", `seq ${receipt.seq}`, "no such line", source.where);
  }

  compare(receipt: Receipt, line: Uint8Array, where: string): void {
    this.compared++;
    const found = leafHash(line);
    if (!equalHashes(found, receipt.leaf)) {
      const expected = `hash ${hashToBase64(receipt.leaf)}, by the receipt`;
      this.#add(receipt, "RECEIPT_MISMATCH", expected, `hash ${hashToBase64(found)}, of the line`, where);
      return;
    }
    // The hash is right; then what the receipt says beside it has to be what the line says.
    const said = `seq ${receipt.seq} of ${receipt.log}, id ${receipt.id}`;
    const is = nameOf(line);
    if (is !== said) this.#add(receipt, "RECEIPT_MISMATCH", `${said}, by the receipt`, is, where);
  }

  #add(receipt: Receipt, code: BrokenCode | UnknownCode, expected: string, found: string, where: string): void {
    this.#findings.add({ code, seq: receipt.seq, expected, found, where });
  }
}

function nameOf(line: Uint8Array): string {
  try {
    const { seq, log } = parseHead(line);
    return `seq ${seq} of ${log}, id ${parseLine(line).id}`;
  } catch (error) {
    if (error instanceof LineError) return "what is no line";
    throw error;
  }
}

async function readSmall(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new Error(`${plural(size, "byte")}; at most ${MAX_FILE_BYTES} are read`);
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function withoutNewline(bytes: Buffer): Uint8Array {
  return bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
}
