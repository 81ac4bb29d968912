// settings.ts: what the environment says about incoming requests. A bad value stops the start with its name, its value and what was expected.

import { METHODS } from "node:http";
import type { Environment } from "../config.ts";
import { AuditError } from "../errors.ts";
import type { IncomingOptions } from "./incoming.ts";

/**
 * PROOFLINE_HTTP_METHODS (`POST,PUT`), PROOFLINE_HTTP_MAX_BODY_BYTES, PROOFLINE_TRUSTED_PROXIES, PROOFLINE_TRUSTED_CALLERS, PROOFLINE_HTTP_ECHO_REQUEST_ID (`on`, `off`).
 * @throws {AuditError} INVALID_OPTION
 */
export function incomingSettings(env: Environment): Omit<IncomingOptions, "audit" | "actor"> {
  return {
    methods: words(env.PROOFLINE_HTTP_METHODS)?.map(method),
    maxBodyBytes: bytes(env.PROOFLINE_HTTP_MAX_BODY_BYTES),
    trustedProxies: words(env.PROOFLINE_TRUSTED_PROXIES),
    trustedCallers: words(env.PROOFLINE_TRUSTED_CALLERS),
    echoRequestId: flag("PROOFLINE_HTTP_ECHO_REQUEST_ID", env.PROOFLINE_HTTP_ECHO_REQUEST_ID),
  };
}

/** PROOFLINE_PROPAGATE_CONTEXT: `on` or `off`, the default. @throws {AuditError} INVALID_OPTION */
export function propagatesContext(env: Environment): boolean {
  return flag("PROOFLINE_PROPAGATE_CONTEXT", env.PROOFLINE_PROPAGATE_CONTEXT) ?? false;
}

function words(text: string | undefined): string[] | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

function method(word: string): string {
  const name = word.toUpperCase();
  if (METHODS.includes(name)) return name;
  throw refused("PROOFLINE_HTTP_METHODS", word, "a method of HTTP, such as POST");
}

function bytes(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw refused("PROOFLINE_HTTP_MAX_BODY_BYTES", text, "a number of bytes; 0 records no bodies");
}

function flag(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined || text === "") return undefined;
  if (text === "on" || text === "off") return text === "on";
  throw refused(name, text, "on or off");
}

function refused(name: string, value: string, expected: string): AuditError {
  return new AuditError("INVALID_OPTION", `${name}: ${JSON.stringify(value)} is not ${expected}`);
}
