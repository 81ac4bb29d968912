// pino.ts: pino's lines that are marked as audit. A hook of pino's own; knows no pino.

import { type BridgeOptions, recordMarked } from "./log-line.ts";

/** pino's levels as OpenTelemetry's severity: 10, 20, … 60 are TRACE, DEBUG, INFO, WARN, ERROR, FATAL. */
function severityOf(level: number): number {
  return Math.min(21, Math.max(1, (Math.floor(level / 10) - 1) * 4 + 1));
}

/**
 * `pino({ hooks: pinoAudit() })`: then `log.info({ audit: { event: "invoice.approved", action: "APPROVE", outcome: "success" } }, "approved")` is a
 * line and an event. A line below the logger's level is neither: audit at a level that is on.
 */
export function pinoAudit(options: BridgeOptions = {}): {
  logMethod(this: unknown, args: unknown[], method: (this: unknown, ...args: never[]) => void, level: number): void;
} {
  return {
    logMethod(args, method, level) {
      const [fields, message] = args;
      recordMarked(options, fields, message, severityOf(level));
      method.apply(this, args as never[]);
    },
  };
}
