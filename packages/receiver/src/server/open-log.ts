// open-log.ts: the log that a configuration names, opened with its key; created when that is wanted and it is not there.
// Creating is loud: whoever starts with an empty folder by mistake must see that this is a new log.

import { dirname, join } from "node:path";
import { createLog, type Disk, type Ledger, LedgerError, logFolder, type OpenLedgerOptions, openLedger } from "@proofline/ledger";
import { generateSigner, type NoteSigner, signerFromSkey, TlogError } from "@proofline/tlog";
import { StartError } from "./errors.ts";
import { createSecret, makeFolder, readSecret } from "./secret-files.ts";

export interface LogPlace {
  readonly data: string;
  readonly log: string;
  /** File of the private key; undefined: `key` in the log's folder. */
  readonly key?: string | undefined;
}

export type OpenOptions = Omit<OpenLedgerOptions, "data" | "log" | "signer"> & { readonly disk: Disk };

/**
 * @param beforeCreating what else must hold before a log is made; rejects when it does not
 * @returns the ledger, locked; `created` when the log is new
 * @throws {LedgerError} {StartError}
 */
export async function openLog(
  place: LogPlace,
  create: boolean,
  options: OpenOptions,
  beforeCreating: () => Promise<void> = async () => {},
): Promise<{ ledger: Ledger; signer: NoteSigner; created: boolean }> {
  const created = create && !(await isThere(place, options.disk));
  if (created) await beforeCreating();
  const signer = created ? await createLogWithKey(place, options.disk) : await signerOf(place, options.disk);
  return { ledger: await openLedger({ ...options, data: place.data, log: place.log, signer }), signer, created };
}

/**
 * Creates a log, and its key beside it unless a file is named that holds one.
 * @throws {LedgerError} LOG_EXISTS, BAD_NAME; {StartError} BAD_KEY_FILE, WRONG_KEY
 */
export async function createLogWithKey(place: LogPlace, disk: Disk): Promise<NoteSigner> {
  if (await isThere(place, disk))
    throw new LedgerError("LOG_EXISTS", `there is a log in ${logFolder(place.data, place.log)} already`);
  // If we stop between the two: a key without a log. The next try finds it and takes it.
  const signer = (await readSigner(place)) ?? (await createSigner(place));
  await createLog({ data: place.data, log: place.log, signer, disk });
  return signer;
}

/** Where the log's private key is. */
export function keyFile({ data, log, key }: LogPlace): string {
  return key ?? join(logFolder(data, log), "key");
}

/** Keys put there beforehand and an unfinished creation do not make a log; these do, even when the rest of it is gone. */
const LEFT_BY_A_LOG: ReadonlySet<string> = new Set(["checkpoint", "tile", "cursors", "objects"]);

/** Whether there is a log, or what is left of one: over that none is created. */
async function isThere({ data, log }: LogPlace, disk: Disk): Promise<boolean> {
  const folder = logFolder(data, log);
  // The folders of nested logs are no part of this one: they hold a log of their own, or lead to one.
  const own = (await disk.list(folder)).filter((name) => LEFT_BY_A_LOG.has(name));
  return own.length > 0 || (await disk.list(join(folder, "segments"))).length > 0;
}

async function signerOf(place: LogPlace, disk: Disk): Promise<NoteSigner> {
  const signer = await readSigner(place);
  if (signer !== undefined) return signer;
  if (await isThere(place, disk)) {
    throw new StartError(
      "BAD_KEY_FILE",
      `key: the log ${place.log} is there, but its private key is not: expected in ${keyFile(place)}`,
    );
  }
  const folder = logFolder(place.data, place.log);
  throw new LedgerError("NO_SUCH_LOG", `there is no log in ${folder}; \`proofline log create\` makes one`);
}

/** The log's private key; undefined when there is no file of it. @throws {StartError} BAD_KEY_FILE, WRONG_KEY */
export async function readSigner(place: LogPlace): Promise<NoteSigner | undefined> {
  const path = keyFile(place);
  const skey = await readSecret(path, "key");
  if (skey === undefined) {
    // A file that was named is a key that somebody means; another one in its place would not be noticed.
    if (place.key === undefined) return undefined;
    throw new StartError("BAD_KEY_FILE", `key: there is no file ${path}; \`proofline key generate\` makes one`);
  }
  const signer = parseSigner(skey, path);
  if (signer.name === place.log) return signer;
  throw new StartError("WRONG_KEY", `key: ${path} is the key of "${signer.name}", not of the log "${place.log}"`);
}

function parseSigner(skey: string, path: string): NoteSigner {
  try {
    return signerFromSkey(skey);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new StartError(
      "BAD_KEY_FILE",
      `key: ${path} is not a private key (${error.code}); expected PRIVATE+KEY+name+id+base64`,
    );
  }
}

async function createSigner(place: LogPlace): Promise<NoteSigner> {
  const { signer, skey } = generateSigner(place.log);
  const path = keyFile(place);
  await makeFolder(dirname(path));
  await createSecret(path, skey);
  return signer;
}
