// limits.ts: what a Loki with its defaults accepts, and what this sink therefore sends at once. All of it can be configured,
// because all of it can be configured in Loki.

export interface LokiLimits {
  /** limits_config.max_line_size */
  readonly maxLineBytes: number;
  /** limits_config.max_structured_metadata_size */
  readonly maxMetadataBytes: number;
  /** limits_config.max_structured_metadata_entries_count */
  readonly maxMetadataEntries: number;
  /** limits_config.max_label_names_per_series */
  readonly maxLabels: number;
  /** limits_config.reject_old_samples_max_age; 0: any age is accepted */
  readonly maxAgeMs: number;
  /**
   * How much time one request, and what was sent since the cursor was last saved, may each span. Loki refuses, even when it has
   * them, entries more than max_chunk_age / 2 (1 h) behind the newest of their stream: twice this must stay below that, or a
   * repeated request would be refused.
   */
  readonly maxSpanMs: number;
  /** Lines and metadata of one request. Loki answers 500 beyond 4 MiB, and 429 beyond ingestion_burst_size_mb (6). */
  readonly maxBatchBytes: number;
  readonly maxBatchLines: number;
  /** Streams that producers can open by choosing a service name; those beyond share one. Loki: max_global_streams_per_user, 5000. */
  readonly maxServices: number;
}

export const LOKI_DEFAULT_LIMITS: LokiLimits = {
  maxLineBytes: 256 * 1024,
  maxMetadataBytes: 64 * 1024,
  maxMetadataEntries: 128,
  maxLabels: 15,
  maxAgeMs: 7 * 86_400_000,
  maxSpanMs: 25 * 60_000,
  maxBatchBytes: 1024 * 1024,
  maxBatchLines: 4000,
  maxServices: 200,
};
