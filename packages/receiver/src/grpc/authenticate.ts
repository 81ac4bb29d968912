// authenticate.ts: who sent a call, asked when its headers are there and before its message is read. Every method is covered.

import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Authenticator } from "../auth/authenticator.ts";
import { shownBy } from "../auth/shown.ts";
import { toRequestError } from "../pipeline/intake.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** @returns the writer, "" for nobody known; @throws {RequestError} */
export async function authenticateCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  o: { readonly authenticator: Authenticator; readonly metrics: Metrics },
): Promise<string> {
  try {
    return await o.authenticator.authenticate(shownBy(headers.authorization, stream.session?.socket));
  } catch (error) {
    const refusal = toRequestError(error);
    o.metrics.count("authRefused", 1, { transport: "grpc", reason: refusal.code });
    throw refusal;
  }
}
