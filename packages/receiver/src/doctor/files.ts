// files.ts: keys and tokens: can they be read, are they what they should be, and who else can read them. Shows no contents.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { logFolder } from "@proofline/ledger";
import { compilePolicy } from "@proofline/redaction";
import { signerFromSkey } from "@proofline/tlog";
import { readTokenFile } from "../auth/token-file.ts";
import type { Config } from "../config/config.ts";
import { readSecret } from "../server/secret-files.ts";
import type { Advice } from "./examine.ts";

/** Of group and others; of others alone, for files that an orchestrator mounts with a group. */
const NOT_OWNER = 0o077;
const OTHERS = 0o007;

export async function examineFiles(config: Config): Promise<Advice[]> {
  const folder = logFolder(config.data, config.log);
  const { redaction, auth, otlp, sinks } = config;
  const advice = [
    ...(await examineKey("key", config.key, join(folder, "key"), (text) => void signerFromSkey(text))),
    ...(await examineKey("redaction.key", redaction.keyFile, join(folder, "redaction.key"), checkRedactionKey)),
    policy(config),
  ];
  for (const { name, file } of auth.tokens) advice.push(await examineTokens(name, file));
  if (otlp.tls !== undefined) advice.push(...(await mode("otlp.tls.key_file", otlp.tls.keyFile, OTHERS)));
  const password = sinks.loki?.passwordFile;
  if (password !== undefined) advice.push(...(await mode("sinks.loki.password_file", password, OTHERS)));
  return advice;
}

function policy({ redaction }: Config): Advice {
  const { version } = compilePolicy(redaction.policy, { key: new Uint8Array(32) });
  return { check: "redaction.policy", level: "fine", found: `version ${version}` };
}

/** A key that is not there yet is made by the first start, unless its file was named. */
async function examineKey(
  check: string,
  named: string | undefined,
  own: string,
  parse: (text: string) => void,
): Promise<Advice[]> {
  const path = named ?? own;
  try {
    const text = await readSecret(path, check);
    if (text === undefined) {
      if (named === undefined) return [];
      return [
        {
          check,
          level: "hurts",
          found: `there is no file ${path}`,
          todo: "put the key there; the service will not start without it",
        },
      ];
    }
    parse(text);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    return [
      {
        check,
        level: "hurts",
        found: `${path} is not a key that can be used (${code})`,
        todo: "restore the file from its backup",
      },
    ];
  }
  const open = await mode(check, path, NOT_OWNER);
  return open.length > 0 ? open : [{ check, level: "fine", found: `${path} is a key, and its owner's alone` }];
}

function checkRedactionKey(text: string): void {
  if (Buffer.from(text, "base64").length !== 32) throw new Error("not 32 bytes");
}

async function examineTokens(name: string, file: string): Promise<Advice> {
  const check = `auth.tokens.${name}`;
  const read = await readTokenFile(file);
  if ("reason" in read) {
    return { check, level: "hurts", found: `${file}: ${read.reason}`, todo: "put the writer's tokens there, one a line" };
  }
  const [open] = await mode(check, file, OTHERS);
  return (
    open ?? {
      check,
      level: "fine",
      found: `${file} holds ${read.digests.length === 1 ? "1 token" : `${read.digests.length} tokens`}`,
    }
  );
}

/** Nothing when it is well; Windows has no modes. */
async function mode(check: string, path: string, forbidden: number): Promise<Advice[]> {
  if (process.platform === "win32") return [];
  try {
    const bits = (await stat(path)).mode & 0o777;
    if ((bits & forbidden) === 0) return [];
    const found = `${path} has the mode ${bits.toString(8).padStart(4, "0")}: others than its owner can read it`;
    return [
      {
        check,
        level: "hurts",
        found,
        todo: `chmod ${forbidden === NOT_OWNER ? "600" : "o-rwx"} ${path}, and think of who has read it`,
      },
    ];
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "error";
    return [{ check, level: "hurts", found: `${path} cannot be read (${code})`, todo: "let the service's user read it" }];
  }
}
