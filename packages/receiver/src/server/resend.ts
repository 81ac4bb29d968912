// resend.ts: sending lines to the configured Loki once more, from a process beside the service. The sink's parts are loaded when it is done.

import type { Config } from "../config/config.ts";
import type { Resent } from "../sinks/loki/resend.ts";
import { StartError } from "./errors.ts";

/**
 * @param lines of the configured log, in order
 * @param giveUpMs ends when Loki has taken nothing for so long
 * @throws {StartError} BAD_SINK, BAD_KEY_FILE
 */
export async function resend(
  config: Config,
  lines: AsyncIterable<{ readonly seq: number; readonly line: Uint8Array }>,
  giveUpMs: number,
): Promise<Resent> {
  const { loki } = config.sinks;
  if (loki === undefined) throw new StartError("BAD_SINK", "sinks.loki.url: is missing; there is no Loki to send to");
  const [{ resendToLoki }, { LokiSinkError }, { authorization }] = await Promise.all([
    import("../sinks/loki/resend.ts"),
    import("../sinks/loki/errors.ts"),
    import("./sink-loki.ts"),
  ]);
  const options = {
    ...{ log: config.log, url: loki.url, labels: loki.labels, classLabel: loki.classLabel, timeoutMs: loki.timeoutMs, giveUpMs },
    ...(loki.tenant === undefined ? {} : { tenant: loki.tenant }),
    ...(await authorization(loki)),
    limits: { maxBatchBytes: loki.batchBytes },
  };
  try {
    return await resendToLoki(options, lines);
  } catch (error) {
    if (!(error instanceof LokiSinkError)) throw error;
    throw new StartError("BAD_SINK", `sinks.loki.${error.message}`, { cause: error });
  }
}
