// exposure.ts: whether other machines reach a listener, and what keeps them from writing to it or reading along. Says, forbids nothing:
// a mesh or a firewall may do it outside.

import type { Config } from "../config/config.ts";
import { type Address, formatAddress } from "../config/units.ts";

/** A sentence for each thing that is open; none when all is well. */
export function exposures({ otlp, auth, serveLog }: Config): string[] {
  const open = (
    [
      ["otlp.http", otlp.http],
      ["otlp.grpc", otlp.grpc],
    ] as const
  ).filter(([, address]) => !isLoopback(address));
  const found: string[] = [];
  const places = open.map(([key, address]) => `${key} ${formatAddress(address)}`).join(" and ");
  if (open.length > 0 && otlp.tls === undefined) {
    found.push(
      `${places}: other machines reach it in clear text; set otlp.tls.cert_file and otlp.tls.key_file, or put TLS in front of it`,
    );
  }
  const asksWho =
    auth.tokens.length > 0 ||
    auth.clients.length > 0 ||
    (otlp.tls?.clientCaFile !== undefined && otlp.tls.clientAuth === "require");
  if (open.length > 0 && !asksWho) {
    found.push(`${places}: whoever reaches it may write to the log; set auth.tokens, or otlp.tls.client_ca_file`);
  }
  if (serveLog.entries && !asksWho && !isLoopback(otlp.http)) {
    found.push(
      `otlp.http ${formatAddress(otlp.http)}: whoever reaches it may read the log's lines; set auth.tokens and serve_log.readers, or serve_log.entries to false`,
    );
  }
  return found;
}

function isLoopback({ host }: Address): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
