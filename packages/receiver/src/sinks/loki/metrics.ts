// metrics.ts: what the Loki sink counts beside what every sink counts.

import type { SinkMetrics } from "../ports.ts";

export interface LokiMetrics extends SinkMetrics {
  checkpointSent(): void;
  /** Confirmed entries whose timestamp had to be later than `received`, because Loki takes nothing that old. */
  restamped(lines: number): void;
}

export const noMetrics: LokiMetrics = {
  sent() {},
  checkpointSent() {},
  retried() {},
  deadLettered() {},
  asked() {},
  restamped() {},
};
