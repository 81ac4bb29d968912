// policy.ts: finds the redaction policy that a config names, inline or in a file, and says where in it something is wrong.

import { defaultPolicy, type Policy, PolicyError, parsePolicy } from "@proofline/redaction";
import { type Problem, showValue } from "./problem.ts";
import type { PolicySource } from "./schema.ts";
import { readYaml } from "./yaml-file.ts";

type Where = (path: readonly (string | number)[]) => string;

/** @param where the line of a part of an inline policy; the path begins at the policy */
export function loadPolicy(
  source: PolicySource,
  o: { readText(path: string): string; where: Where },
): { readonly policy: Policy } | { readonly problems: readonly Problem[] } {
  if (source === undefined) return { policy: defaultPolicy };
  if (typeof source !== "string") return parse(source, "redaction.policy.", o.where);
  let text: string;
  try {
    text = o.readText(source);
  } catch (error) {
    return { problems: [{ where: o.where([]), key: "redaction.policy", message: unreadable(source, error) }] };
  }
  const file = readYaml(source, text);
  return file.problems.length > 0 ? { problems: file.problems } : parse(file.tree, "", file.where);
}

/** One sentence for a file that could not be read; the error's code, not its text. */
export function unreadable(path: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "error";
  const why = code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "it may not be read" : code;
  return `${showValue(path)} cannot be read: ${why}`;
}

function parse(input: unknown, prefix: string, where: Where): ReturnType<typeof loadPolicy> {
  try {
    return { policy: parsePolicy(input) };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return {
      problems: error.problems.map(({ path, value, expected }) => ({
        where: where(pathParts(path)),
        key: path === "" ? prefix.slice(0, -1) : prefix + path,
        message: `${value} is not ${expected}`,
      })),
    };
  }
}

/** `keys[2].action` is `keys`, 2, `action`. */
function pathParts(path: string): (string | number)[] {
  return (path.match(/[^.[\]]+/g) ?? []).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
