// words.ts: the words of `proofline verify`, and which of them go together. Whatever is off here ends with 64.

import { checkKeyName, TlogError } from "@proofline/tlog";
import { InvalidArgumentError } from "commander";
import { CommandError, EXIT } from "../exit.ts";

export interface VerifyWords {
  readonly data?: string;
  readonly loki?: string;
  readonly url?: string;
  readonly lines?: string;
  readonly receipt?: string;
  readonly line?: string;
  readonly log?: string;
  readonly key?: readonly string[];
  readonly checkpoint?: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly new?: boolean;
  readonly growth?: boolean;
  /** false: --no-state. */
  readonly state?: string | boolean;
  readonly tokenFile?: string;
  readonly tenant?: string;
  readonly since?: number;
  readonly json?: boolean;
}

/** @throws {CommandError} 64 */
export function checkWords(words: VerifyWords): VerifyWords {
  const { data, loki, url, from, to } = words;
  checkSources(words);
  if (data === "") throw usage("verify: --data: give a folder");
  for (const [name, value] of [
    ["--loki", loki],
    ["--url", url],
  ] as const)
    if (value !== undefined && !/^https?:\/\/[^/]/.test(value))
      throw usage(`${name}: ${JSON.stringify(value)} is not a URL; did you mean "http://${value.replace(/^\/*/, "")}"?`);
  if (words.log !== undefined) checkLogName(words.log);
  if (from !== undefined && to !== undefined && from > to) throw usage(`verify: --from ${from} is after --to ${to}`);
  return words;
}

function checkSources(words: VerifyWords): void {
  const { data, loki, url, lines, receipt } = words;
  const copies = [data, loki, url].filter((one) => one !== undefined).length;
  const isGiven = (value: unknown) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  const refuse = (name: string, value: unknown, needs: string) => {
    if (isGiven(value)) throw usage(`verify: ${name} ${needs}`);
  };
  if (lines !== undefined && receipt !== undefined) throw usage("verify: give either --lines or --receipt");
  if (lines !== undefined && copies > (data === undefined ? 0 : 1)) throw usage("verify: --lines goes with --data, or alone");
  if (lines === undefined && receipt === undefined && copies !== 1)
    throw usage("verify: give either --data DIR or --loki URL, or --url LOG, --lines FILE, --receipt FILE");
  if (receipt !== undefined) {
    if (copies > 1) throw usage("verify: a receipt is looked up in one place: --data DIR, --url LOG or --loki URL");
    for (const [name, value] of [
      ["--from", words.from],
      ["--to", words.to],
      ["--checkpoint", words.checkpoint],
      ["--log", words.log],
    ] as const)
      refuse(name, value, "does not go with --receipt");
  } else refuse("--line", words.line, "goes with --receipt");
  if (loki === undefined) {
    refuse("--tenant", words.tenant, "goes with --loki");
    refuse("--since", words.since, "goes with --loki");
  }
  if (url === undefined) refuse("--token-file", words.tokenFile, "goes with --url");
  if (url === undefined || receipt !== undefined) {
    refuse("--new", words.new, "goes with --url");
    refuse("--growth", words.growth, "goes with --url");
    if (typeof words.state === "string" || words.state === false) throw usage("verify: --state and --no-state go with --url");
  }
  if (words.growth === true && (words.new === true || words.from !== undefined || words.to !== undefined))
    throw usage("verify: --growth reads no lines; leave --new, --from and --to away");
  if (words.new === true && (words.from !== undefined || words.to !== undefined))
    throw usage("verify: --new says itself where to begin; leave --from and --to away");
  if (words.new === true && words.state === false) throw usage("verify: --new needs what --no-state leaves away");
}

/** A log's name is a key's name, and a path: see `proofline log create`. */
function checkLogName(log: string): void {
  const refuse = (expected: string) => usage(`verify: --log ${JSON.stringify(log)}: expected ${expected}`);
  try {
    checkKeyName(log);
  } catch (error) {
    if (error instanceof TlogError) throw refuse("a name without spaces, control characters and plus signs");
    throw error;
  }
  if (log.split("/").some((part) => part === "" || part === "." || part === ".."))
    throw refuse(`a name with no empty part, no "." and no ".." between slashes`);
}

export function append(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

export function parseSeq(text: string): number {
  const seq = /^(0|[1-9][0-9]*)$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(seq)) throw new InvalidArgumentError("Expected a whole number from 0.");
  return seq;
}

export function parseDays(text: string): number {
  const days = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(days)) throw new InvalidArgumentError("Expected a number of days from 1.");
  return days;
}

export function usage(message: string): CommandError {
  return new CommandError(EXIT.usage, message);
}
