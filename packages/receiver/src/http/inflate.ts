// inflate.ts: undoes a request's Content-Encoding, within the limit that also holds for what was sent.

import { createGunzip } from "node:zlib";
import { RequestError } from "../otlp/failure.ts";
import type { Reservation } from "../pipeline/budget.ts";
import { free } from "../pipeline/buffer-pool.ts";

/** A gzip header and trailer around nothing. */
const MIN_GZIP_BYTES = 18;
/** What the inflater gives at a time. */
const CHUNK_BYTES = 64 * 1024;

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
  // The trailer says how large its last member is, modulo 2^32. It may lie, so that what comes out is counted too. To reserve a promise keeps
  // nobody out here: the whole body has come, and how long it is held is for us to say.
  const promised = body.readUInt32LE(body.length - 4);
  if (promised <= o.maxBytes && !o.reservation.take(body.length + promised)) throw tooBusy();
  return await gunzip(body, promised, o);
}

/** @param promised bytes; when there are more, they are kept apart */
function gunzip(body: Buffer, promised: number, o: { maxBytes: number; reservation: Reservation }): Promise<Buffer> {
  const inflater = createGunzip({ chunkSize: Math.min(CHUNK_BYTES, Math.max(1024, promised)) });
  // What promises too much ends as too large, or its promise is wrong and so is the whole: nothing of it need be kept.
  const isKept = promised <= o.maxBytes;
  // Memory that is not yet written to is only promised by the system.
  const into = Buffer.allocUnsafeSlow(isKept ? promised : 0);
  const beyond: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    const fail = (error: RequestError): void => {
      inflater.off("data", onData).destroy();
      free(into.buffer as ArrayBuffer);
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      const fits = isKept ? chunk.copy(into, Math.min(bytes, promised)) : chunk.length;
      if (fits < chunk.length) beyond.push(chunk.subarray(fits));
      bytes += chunk.length;
      if (bytes > o.maxBytes) fail(tooLarge(o.maxBytes));
      else if (isKept && bytes > promised && !o.reservation.take(body.length + bytes)) fail(tooBusy());
    };
    inflater.on("data", onData);
    inflater.on("error", (cause) => fail(new RequestError("bad_compression", "the body is not whole, sound gzip", { cause })));
    inflater.on("end", () => {
      if (!isKept) fail(new RequestError("bad_compression", "the body is not whole, sound gzip"));
      else resolve(beyond.length === 0 ? into.subarray(0, bytes) : Buffer.concat([into, ...beyond]));
    });
    inflater.end(body);
  });
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError("too_large", `the body inflates to more than ${maxBytes} bytes`);
}

function tooBusy(): RequestError {
  return new RequestError("busy", "too many bytes of requests are under way");
}
