// environment.ts: the one place that reads `process.env`.

const PREFIX = "PROOFLINE_";

/** The variables that begin with `PROOFLINE_`, empty ones left out (an empty variable is how shells spell "not set"). */
export function readEnvironment(source: NodeJS.ProcessEnv = process.env): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(source)) {
    if (name.startsWith(PREFIX) && value !== undefined && value !== "") found.set(name, value);
  }
  return found;
}

/** `sinks.loki.url` is `PROOFLINE_SINKS_LOKI_URL`. */
export function environmentName(key: string): string {
  return PREFIX + key.replaceAll(".", "_").toUpperCase();
}
