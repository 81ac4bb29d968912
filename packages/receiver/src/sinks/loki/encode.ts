// encode.ts: the body of a push. One stream a request, and never more: Loki answers for the last stream of a request only, so
// that a refusal in an earlier one would come back as 204 and be lost in silence.

import { promisify } from "node:util";
import { constants, gzip as gzipCallback } from "node:zlib";
import type { LokiEntry } from "./entry.ts";
import { timestampFor } from "./timestamps.ts";

const gzip = promisify(gzipCallback);
const MIN_GZIP_BYTES = 1024;

export interface PushBody {
  readonly bytes: Uint8Array;
  readonly gzip: boolean;
}

/**
 * The push of entries of one stream. The same entries and floor give the same bytes before compression, which is what lets Loki
 * see a repeated entry as the same one.
 */
export function formatPush(entries: readonly LokiEntry[], floorNs: bigint): string {
  const values = entries.map((entry) => `["${timestampFor(entry.receivedNs, entry.seq, floorNs)}",${entry.json}`);
  return `{"streams":[{"stream":${entries[0]!.stream},"values":[${values.join(",")}]}]}`;
}

export async function compressPush(json: string, compress: boolean): Promise<PushBody> {
  const bytes = Buffer.from(json);
  if (!compress || bytes.length < MIN_GZIP_BYTES) return { bytes, gzip: false };
  return { bytes: await gzip(bytes, { level: constants.Z_BEST_SPEED }), gzip: true };
}
