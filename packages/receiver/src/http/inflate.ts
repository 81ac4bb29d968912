// inflate.ts: undoes a request's Content-Encoding, within the limit that also holds for what was sent.

import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { RequestError } from "../otlp/failure.ts";
import type { Reservation } from "../pipeline/budget.ts";

const inflateGzip = promisify(gunzip);
/** A gzip header and trailer around nothing. */
const MIN_GZIP_BYTES = 18;

export type ContentEncoding = "identity" | "gzip";

/** @throws {RequestError} unsupported_encoding */
export function parseContentEncoding(header: string | undefined): ContentEncoding {
  const encoding = header?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity") return "identity";
  if (encoding === "gzip" || encoding === "x-gzip") return "gzip";
  throw new RequestError(
    "unsupported_encoding",
    `content-encoding ${JSON.stringify(encoding.slice(0, 40))} is not supported; expected gzip or identity`,
  );
}

/**
 * The body as its sender had it.
 * @throws {RequestError} bad_compression, too_large (a bomb stops at the limit), busy
 */
export async function inflate(
  body: Buffer,
  encoding: ContentEncoding,
  o: { maxBytes: number; reservation: Reservation },
): Promise<Buffer> {
  if (encoding === "identity") return body;
  if (body.length < MIN_GZIP_BYTES || body[0] !== 0x1f || body[1] !== 0x8b)
    throw new RequestError("bad_compression", "the body is not gzip");
  // The trailer says how large it will be, modulo 2^32. It may lie, so it only reserves; the limit is held by the inflater.
  const promised = Math.min(body.readUInt32LE(body.length - 4), o.maxBytes);
  reserve(o.reservation, body.length + promised);
  let inflated: Buffer;
  try {
    inflated = await inflateGzip(body, { maxOutputLength: o.maxBytes });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE")
      throw new RequestError("too_large", `the body inflates to more than ${o.maxBytes} bytes`);
    throw new RequestError("bad_compression", "the body is not whole, sound gzip", { cause: error });
  }
  reserve(o.reservation, inflated.length);
  return inflated;
}

function reserve(reservation: Reservation, bytes: number): void {
  if (!reservation.take(bytes)) throw new RequestError("busy", "too many bytes of requests are under way");
}
