// rules.ts: what Loki refuses at ingest, in which order, and in which words. Knows no HTTP and keeps no entries.
// Source: the answers of Loki 3.7.8 to the same requests; `npm run test:real` compares both again.

export interface Limits {
  maxLineBytes: number;
  maxMetadataBytes: number;
  maxMetadataEntries: number;
  maxLabels: number;
  maxLabelNameBytes: number;
  maxLabelValueBytes: number;
  /** reject_old_samples_max_age */
  maxAgeMs: number;
  /** creation_grace_period */
  maxFutureMs: number;
  /** Half of ingester.max_chunk_age: how far behind the newest entry of its stream an entry may be. */
  windowMs: number;
  maxStreams: number;
  /** What one request may carry between Loki's own parts (gRPC), lines and metadata together. */
  maxMessageBytes: number;
  /** ingestion_rate_mb and its burst, in bytes: a token bucket. */
  ingestionBytesPerSecond: number;
  ingestionBurstBytes: number;
  maxEntriesPerQuery: number;
  maxQueryMs: number;
  /**
   * Above 1: each request's entries go to the next of so many hidden parts of their stream, as Loki does with a stream of more than
   * 1.5 MB/s (shard_streams, on by default). A repeated entry then lands elsewhere and is read back twice.
   */
  shards: number;
}

export const LOKI_LIMITS: Readonly<Limits> = {
  maxLineBytes: 262_144,
  maxMetadataBytes: 65_536,
  maxMetadataEntries: 128,
  maxLabels: 15,
  maxLabelNameBytes: 1024,
  maxLabelValueBytes: 2048,
  maxAgeMs: 7 * 86_400_000,
  maxFutureMs: 10 * 60_000,
  windowMs: 3_600_000,
  maxStreams: 5000,
  maxMessageBytes: 4_194_304,
  ingestionBytesPerSecond: 4 * 1_048_576,
  ingestionBurstBytes: 6 * 1_048_576,
  maxEntriesPerQuery: 5000,
  maxQueryMs: 721 * 3_600_000,
  shards: 1,
};

export type Labels = Readonly<Record<string, string>>;
export interface PushedEntry {
  readonly ts: bigint;
  readonly line: string;
  readonly metadata: Labels;
}

const utf8 = (s: string): number => Buffer.byteLength(s);
const NANOS = 1_000_000n;

/** Labels as Loki prints them: sorted, Go-quoted. */
export function formatLabels(labels: Labels): string {
  const pairs = Object.keys(labels)
    .filter((name) => labels[name] !== "")
    .sort()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`);
  return `{${pairs.join(", ")}}`;
}

/** Go's RFC 3339 with whole seconds, as Loki prints a time inside a reason. */
export function goSeconds(ns: bigint): string {
  const seconds = ns / 1_000_000_000n - (ns % 1_000_000_000n < 0n ? 1n : 0n);
  return new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z");
}

/** Go's Time.String() in UTC: the fraction without its trailing zeros. */
export function goString(ns: bigint): string {
  const fraction = (ns % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  return `${goSeconds(ns).replace("T", " ").replace("Z", "")}${fraction === "" ? "" : `.${fraction}`} +0000 UTC`;
}

/** Why the labels of a stream cannot even be read, which fails the whole request; undefined when they can. */
export function unreadableLabels(labels: Labels): string | undefined {
  if (Object.keys(labels).length === 0) return "error at least one label pair is required per stream";
  let offset = 1;
  for (const name of Object.keys(labels).sort()) {
    const bad = /[^a-zA-Z0-9_]/.exec(name);
    if (bad !== null) {
      return `couldn't parse labels: 1:${offset + bad.index + 1}: parse error: unexpected character inside braces: '${bad[0]}'`;
    }
    const value = labels[name] ?? "";
    if (value.includes("\uFFFD")) return `couldn't parse labels: 1:${offset + name.length + 2}: parse error: invalid UTF-8 rune`;
    offset += utf8(`${name}=${JSON.stringify(value)}, `);
  }
  return undefined;
}

/** Why the distributor leaves this stream out; undefined when it does not. */
export function refusedLabels(labels: Labels, limits: Limits): string | undefined {
  const names = Object.keys(labels).filter((name) => labels[name] !== "");
  const text = formatLabels(labels);
  if (names.length > limits.maxLabels) {
    return `entry for stream '${text}' has ${names.length} label names; limit ${limits.maxLabels}`;
  }
  for (const name of names) {
    if (utf8(name) > limits.maxLabelNameBytes) return `stream '${text}' has label name too long: '${name}'`;
    if (utf8(labels[name]!) > limits.maxLabelValueBytes) return `stream '${text}' has label value too long: '${labels[name]}'`;
  }
  return undefined;
}

/** Why the distributor leaves this entry out; undefined when it does not. */
export function refusedEntry(entry: PushedEntry, labels: Labels, limits: Limits, now: bigint): string | undefined {
  const stream = formatLabels(labels);
  const oldest = now - BigInt(limits.maxAgeMs) * NANOS;
  if (entry.ts < oldest) {
    const times = `${goSeconds(entry.ts)}, oldest acceptable timestamp is: ${goSeconds(oldest)}`;
    return `entry for stream '${stream}' has timestamp too old: ${times}`;
  }
  if (entry.ts > now + BigInt(limits.maxFutureMs) * NANOS) {
    return `entry for stream '${stream}' has timestamp too new: ${goSeconds(entry.ts)}`;
  }
  if (utf8(entry.line) > limits.maxLineBytes) {
    const length = `while adding an entry with length '${utf8(entry.line)}' bytes`;
    return `max entry size '${limits.maxLineBytes}' bytes exceeded for stream '${stream}' ${length}`;
  }
  const pairs = Object.entries(entry.metadata);
  const bytes = pairs.reduce((sum, [name, value]) => sum + utf8(name) + utf8(value), 0);
  const see = (key: string): string => `Please see \`limits_config.${key}\` or contact your Loki administrator to increase it`;
  if (bytes > limits.maxMetadataBytes) {
    const limit = `'${bytes}' bytes, limit: '${limits.maxMetadataBytes}' bytes`;
    return `stream '${stream}' has structured metadata too large: ${limit}. ${see("max_structured_metadata_size")}`;
  }
  if (pairs.length > limits.maxMetadataEntries) {
    const limit = `'${pairs.length}', limit: '${limits.maxMetadataEntries}'`;
    return `stream '${stream}' has too many structured metadata labels: ${limit}. ${see("max_structured_metadata_entries_count")}`;
  }
  return undefined;
}

/** The distributor's answer to several refusals: one as it is, more of them grouped by their text. */
export function groupReasons(reasons: readonly string[]): string {
  if (reasons.length === 1) return reasons[0]!;
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} errors like: ${reason}`).join("; ");
}

/** The ingester's answer to entries behind the window of one stream: the first ten by name, then the count. */
export function behindReason(o: {
  behind: readonly { ts: bigint; oldest: bigint }[];
  total: number;
  stream: string;
  tenant: string;
}): string {
  const lines = o.behind.slice(0, 10).map(({ ts, oldest }) => {
    const times = `entry timestamp is: ${goSeconds(ts)}, oldest acceptable timestamp is: ${goSeconds(oldest)}`;
    return `entry with timestamp ${goString(ts)} ignored, reason: 'entry too far behind, ${times}',\n`;
  });
  return `${lines.join("")}user '${o.tenant}', total ignored: ${o.behind.length} out of ${o.total} for stream: ${o.stream}`;
}
