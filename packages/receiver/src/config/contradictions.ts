// contradictions.ts: what no single key of a config can tell: keys that need each other, or that cannot both be so. Reads no files.

import type { Config } from "./config.ts";
import { type Problem, showValue } from "./problem.ts";
import { routeContradictions } from "./routes.ts";
import { sinkContradictions } from "./sinks.ts";
import { formatAddress } from "./units.ts";

type Where = (path: readonly string[]) => string;

/** What no single key can tell. */
export function contradictions(config: Config, where: Where): Problem[] {
  const { http, grpc, maxRequestBytes, maxInflightBytes } = config.otlp;
  const found: Problem[] = [];
  if (http.port !== 0 && http.port === grpc.port && http.host === grpc.host) {
    const message = `"${formatAddress(grpc)}" is the address of otlp.http too; each needs its own`;
    found.push({ where: where(["otlp", "grpc"]), key: "otlp.grpc", message });
  }
  if (maxInflightBytes < maxRequestBytes) {
    const message = `${maxInflightBytes} is less than otlp.max_request_bytes, ${maxRequestBytes}`;
    found.push({ where: where(["otlp", "max_inflight_bytes"]), key: "otlp.max_inflight_bytes", message });
  }
  for (const problem of sinkContradictions(config.sinks)) found.push({ where: where(problem.key.split(".")), ...problem });
  found.push(...ofTls(config, where), ...ofWriters(config, where));
  for (const { key, message } of routeContradictions(config)) found.push({ where: where(key.split(".")), key, message });
  return found;
}

function ofTls({ otlp, auth, admin, settings }: Config, where: Where): Problem[] {
  const found: Problem[] = [];
  const missing = (key: string, why: string): void => {
    found.push({ where: where(key.split(".")), key, message: `is missing; ${why}` });
  };
  const has = (key: string): boolean => settings[key] !== undefined;
  const [cert, key] = ["otlp.tls.cert_file", "otlp.tls.key_file"];
  if (has(cert!) !== has(key!)) missing(has(cert!) ? key! : cert!, "cert_file and key_file go together");
  else if (!has(cert!) && has("otlp.tls.client_ca_file")) missing(cert!, "client_ca_file has no use without it");
  if (auth.clients.length > 0 && otlp.tls?.clientCaFile === undefined)
    missing("otlp.tls.client_ca_file", "auth.clients has no use without it");
  for (const [name, address] of [
    ["otlp.http", otlp.http],
    ["otlp.grpc", otlp.grpc],
  ] as const) {
    if (admin.http === undefined || admin.http.port === 0) continue;
    if (admin.http.port !== address.port || admin.http.host !== address.host) continue;
    const message = `"${formatAddress(admin.http)}" is the address of ${name} too; each needs its own`;
    found.push({ where: where(["admin", "http"]), key: "admin.http", message });
  }
  return found;
}

/** A writer stands once in each list: of two entries with one name, nobody could say which logs it has. */
function ofWriters({ auth }: Config, where: Where): Problem[] {
  const found: Problem[] = [];
  const once = (key: string, what: string, values: readonly string[]): void => {
    const twice = values.find((value, i) => values.indexOf(value) !== i);
    if (twice === undefined) return;
    found.push({ where: where(key.split(".")), key, message: `has the ${what} ${showValue(twice)} twice` });
  };
  once(
    "auth.tokens",
    "name",
    auth.tokens.map(({ name }) => name),
  );
  once(
    "auth.clients",
    "identity",
    auth.clients.map(({ identity }) => identity),
  );
  return found;
}
