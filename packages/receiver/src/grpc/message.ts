// message.ts: the one message of a unary call, out of the frames of its stream: bounded in size, in time and together with all other
// requests. Knows no method. Source: gRPC over HTTP/2, "Length-Prefixed-Message".

import type { ServerHttp2Stream } from "node:http2";
import { Pieces } from "../http/pieces.ts";
import { RequestError } from "../otlp/failure.ts";
import type { Reservation } from "../pipeline/budget.ts";

export interface Message {
  readonly compressed: boolean;
  readonly bytes: Buffer;
}

/** One byte that says whether the message is compressed, four of its length. */
export const PREFIX_BYTES = 5;

/**
 * Reads to the end of what the client sends.
 * @throws {RequestError} too_large (by the length that is announced, before the rest is there), busy, body_timeout, malformed, unsupported_call
 */
export function readMessage(
  stream: ServerHttp2Stream,
  o: { maxBytes: number; timeoutMs: number; reservation: Reservation },
): Promise<Message> {
  return new Promise((resolve, reject) => {
    const prefix = Buffer.alloc(PREFIX_BYTES);
    const pieces = new Pieces();
    let prefixBytes = 0;
    let announced = 0;
    const timer = setTimeout(
      () => fail(new RequestError("body_timeout", `the message took longer than ${o.timeoutMs} ms`)),
      o.timeoutMs,
    );
    const done = (): void => {
      clearTimeout(timer);
      stream.off("data", onData).off("end", onEnd).off("close", onLost);
    };
    const fail = (error: RequestError): void => {
      done();
      pieces.discard();
      reject(error);
    };
    const onPrefix = (): RequestError | undefined => {
      announced = prefix.readUInt32BE(1);
      if (prefix[0]! > 1) return new RequestError("malformed", `a message's first byte is ${prefix[0]}, not 0 or 1`);
      if (announced > o.maxBytes) return new RequestError("too_large", `the message is larger than ${o.maxBytes} bytes`);
      // Only what has come is reserved: with promises alone a few clients could keep all others out.
      return o.reservation.fits(announced) ? undefined : tooBusy();
    };
    const onData = (chunk: Buffer): void => {
      const ofPrefix = Math.min(PREFIX_BYTES - prefixBytes, chunk.length);
      chunk.copy(prefix, prefixBytes, 0, ofPrefix);
      prefixBytes += ofPrefix;
      const refusal = ofPrefix > 0 && prefixBytes === PREFIX_BYTES ? onPrefix() : undefined;
      const bytes = pieces.bytes + chunk.length - ofPrefix;
      if (refusal !== undefined) fail(refusal);
      else if (bytes > announced)
        fail(new RequestError("unsupported_call", "the method takes one message, and a second one came"));
      else if (!o.reservation.take(bytes)) fail(tooBusy());
      else if (chunk.length > ofPrefix) pieces.add(chunk.subarray(ofPrefix), announced);
    };
    const onEnd = (): void => {
      if (prefixBytes === 0) fail(new RequestError("unsupported_call", "the method takes one message, and none came"));
      else if (prefixBytes < PREFIX_BYTES || pieces.bytes < announced)
        fail(new RequestError("malformed", "the message ends before its length"));
      else {
        done();
        resolve({ compressed: prefix[0] === 1, bytes: pieces.join() });
      }
    };
    const onLost = (): void => fail(new RequestError("malformed", "the call was lost before its message's end"));
    stream.on("data", onData).on("end", onEnd).on("close", onLost);
  });
}

function tooBusy(): RequestError {
  return new RequestError("busy", "too many bytes of requests are under way");
}
