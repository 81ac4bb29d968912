// zstd.ts: one frame in, one frame out, off the event loop. Knows no files. What is read back is bounded before it is inflated.

import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";

const compress = promisify(zstdCompress) as (bytes: Uint8Array, o: object) => Promise<Buffer>;
const decompress = promisify(zstdDecompress) as (bytes: Uint8Array, o: object) => Promise<Buffer>;

/** zstd's own default: lines shrink to a seventh or so; a higher one costs much and gains little. */
const LEVEL = 3;
/** 2 MiB: a frame of 1 MiB needs no larger window, and one that claims it is refused before memory is taken. */
const WINDOW_LOG_MAX = 21;

/** A frame with its content's checksum. */
export function compressFrame(bytes: Uint8Array): Promise<Buffer> {
  return compress(bytes, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 } });
}

/**
 * The content of a frame; undefined when it is not one of exactly `expectedBytes`. Takes no more memory than that, whatever the frame says.
 */
export async function decompressFrame(frame: Uint8Array, expectedBytes: number): Promise<Buffer | undefined> {
  try {
    const bytes = await decompress(frame, {
      maxOutputLength: expectedBytes,
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
    });
    return bytes.length === expectedBytes ? bytes : undefined;
  } catch (error) {
    // Every failure of zlib has a code of its own; anything else is a bug of ours.
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
