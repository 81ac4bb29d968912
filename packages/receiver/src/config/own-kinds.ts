// own-kinds.ts: kinds of value that only this service has: a log's name, a policy or where it is, a version of TLS.

import { LedgerError, logFolder } from "@proofline/ledger";
import { isMap, type Kind, kind, oneOf, type Parsed } from "./kinds.ts";

/** YAML reads an unquoted 1.2 as a number. */
export const tlsVersion: Kind<"1.2" | "1.3"> = kind("`1.2`, `1.3`", { enum: ["1.2", "1.3", 1.2, 1.3] }, (input) =>
  oneOf("1.2", "1.3")(typeof input === "number" ? String(input) : input),
);

export const logName: Kind<string> = kind("name", { type: "string", minLength: 1 }, parseLogName);
export const policySource: Kind<string | Record<string, unknown>> = kind(
  "path or policy",
  { type: ["string", "object"] },
  parsePolicySource,
);

function parsePolicySource(input: unknown): Parsed<string | Record<string, unknown>> {
  return isMap(input) || (typeof input === "string" && input !== "")
    ? { value: input }
    : { expected: "is neither a path nor a map" };
}

function parseLogName(input: unknown): Parsed<string> {
  if (typeof input !== "string") return { expected: "is not a text" };
  try {
    logFolder(".", input);
    return { value: input };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const reason = error.message.replace(`log name ${JSON.stringify(input)}: `, "");
    return { expected: `is not a log's name; ${reason}` };
  }
}
