// headers.ts: the headers that a request carries beside OTLP's own, from files: a bearer token, and any others. Their values are
// secrets: no error quotes them.

import { OtlpSinkError } from "./errors.ts";

/** What HTTP, HTTP/2 or OTLP itself says; to set them would break a request. */
const NOT_YOURS: ReadonlySet<string> = new Set(
  "content-type content-length content-encoding transfer-encoding connection host te upgrade keep-alive expect".split(" "),
);

/**
 * `name: value`, one a line; empty lines and lines that begin with # are none.
 * @throws {OtlpSinkError} BAD_HEADER with the number of the line
 */
export function parseHeaders(text: string, what: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const refuse = (why: string): OtlpSinkError => new OtlpSinkError("BAD_HEADER", `${what}: line ${index + 1} ${why}`);
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (colon < 0 || !/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) throw refuse("is not `name: value`");
    if (NOT_YOURS.has(name) || name.startsWith("grpc-")) throw refuse(`names ${name}, which is not to be set`);
    if (!/^[\x20-\x7e]+$/.test(value)) throw refuse(`has no printable ASCII as the value of ${name}`);
    headers[name] = value;
  }
  return headers;
}

/** @throws {OtlpSinkError} BAD_HEADER */
export function bearer(token: string, what: string): Record<string, string> {
  if (!/^[\x21-\x7e]+$/.test(token)) throw new OtlpSinkError("BAD_HEADER", `${what}: expected one token of printable ASCII`);
  return { authorization: `Bearer ${token}` };
}
