// log.ts: the service's own log: JSON lines, one for each change of state. No payload and no secret is ever passed to it.

import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from "pino";

/** Where lines go by default: standard error, written before the call returns, so that the last line of a dying process is there. */
export function standardError(): DestinationStream {
  return destination({ dest: 2, sync: true });
}

export function createLog(level: string, stream: DestinationStream): Logger {
  return pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    stream,
  );
}
