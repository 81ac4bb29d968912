// announce.ts: the first line of a run comes before the first record: requests are accepted once it is durable. On a full disk that
// takes until there is room.

import { LedgerError } from "@proofline/ledger";
import type { Logger } from "pino";

const RETRY_MS = 1_000;

/**
 * @param say writes the line; @param open lets requests in
 * @returns what ends the waiting for room, once the first try is over
 * @throws whatever `say` does, but for a disk that is full
 */
export async function announce(say: () => Promise<void>, open: () => void, log: Pick<Logger, "error">): Promise<() => void> {
  let timer: NodeJS.Timeout | undefined;
  const attempt = async (): Promise<void> => {
    try {
      await say();
      open();
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== "DISK_FULL" || error.fatal) throw error;
      if (timer === undefined) log.error(`requests are refused: ${error.message}`);
      timer = setTimeout(
        () => void attempt().catch((later: unknown) => log.error({ err: later }, "the start could not be written to the log")),
        RETRY_MS,
      );
    }
  };
  await attempt();
  return () => clearTimeout(timer);
}
