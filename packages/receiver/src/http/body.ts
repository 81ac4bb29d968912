// body.ts: a request's body into one buffer, bounded in size, in time and together with all others. Knows no encoding.

import type { IncomingMessage } from "node:http";
import { RequestError } from "../otlp/failure.ts";
import type { Reservation } from "../pipeline/budget.ts";
import { askForBody, forgoBody } from "./expect.ts";
import { Pieces } from "./pieces.ts";

/**
 * Reads to the end. After an error the rest is left to {@link discardRest}.
 * @throws {RequestError} too_large (by Content-Length before a byte is read, else by what came), busy, body_timeout, malformed
 */
export function readBody(
  request: IncomingMessage,
  o: { maxBytes: number; timeoutMs: number; reservation: Reservation },
): Promise<Buffer> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > o.maxBytes) return Promise.reject(tooLarge(o.maxBytes));
  // Only what has come is reserved: with promises alone a few clients could keep all others out.
  if (!o.reservation.fits(declared)) return Promise.reject(tooBusy());
  askForBody(request);
  return new Promise((resolve, reject) => {
    const pieces = new Pieces();
    const timer = setTimeout(
      () => fail(new RequestError("body_timeout", `the body took longer than ${o.timeoutMs} ms`)),
      o.timeoutMs,
    );
    const done = (): void => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("error", onLost).off("close", onLost);
    };
    const fail = (error: RequestError): void => {
      done();
      request.pause();
      pieces.discard();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      const bytes = pieces.bytes + chunk.length;
      if (bytes > o.maxBytes) fail(tooLarge(o.maxBytes));
      else if (!o.reservation.take(bytes)) fail(tooBusy());
      else pieces.add(chunk, declared);
    };
    const onEnd = (): void => {
      done();
      resolve(pieces.join());
    };
    const onLost = (): void => fail(new RequestError("malformed", "the connection was lost before the body's end"));
    request.on("data", onData).on("end", onEnd).on("error", onLost).on("close", onLost);
  });
}

/**
 * Lets the rest of an unwanted body pass by, so that the client reads the answer before the connection ends: closing while it
 * still sends would reset the connection and take the answer with it. Beyond `maxBytes` the connection is cut all the same.
 */
export function discardRest(request: IncomingMessage, maxBytes: number): void {
  if (request.readableEnded || request.destroyed) return;
  forgoBody(request);
  let bytes = 0;
  request.on("error", () => {});
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) request.destroy();
  });
  request.resume();
}

function tooBusy(): RequestError {
  return new RequestError("busy", "too many bytes of requests are under way");
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError("too_large", `the body is larger than ${maxBytes} bytes`);
}
