// winston.ts: winston's lines that are marked as audit. A format of its own kind; knows no winston.

import { type BridgeOptions, recordMarked } from "./log-line.ts";

/** npm's and syslog's levels as OpenTelemetry's severity. */
const SEVERITIES: Readonly<Record<string, number>> = {
  ...{ silly: 1, debug: 5, verbose: 6, http: 7, info: 9, warn: 13, error: 17 },
  ...{ notice: 10, warning: 13, crit: 18, alert: 19, emerg: 21 },
};

/**
 * `createLogger({ format: format.combine(winstonAudit(), format.json()), … })`: then `log.info("approved", { audit: { event: "invoice.approved", … } })`
 * is a line and an event. A line below the logger's level is neither.
 */
export function winstonAudit(options: BridgeOptions = {}): { transform<T extends { level: string }>(info: T): T } {
  return {
    transform(info) {
      recordMarked(options, info, (info as { message?: unknown }).message, SEVERITIES[info.level] ?? 9);
      return info;
    },
  };
}
