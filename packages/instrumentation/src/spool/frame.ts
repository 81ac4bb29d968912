// frame.ts: how one record lies in a segment: `[u32 length][u32 crc32][bytes]`, little-endian, the CRC over length and bytes.
// Pure. Any bytes can be scanned: what comes out was written by encodeFrame, or nothing comes out.

import { crc32 } from "node:zlib";

export const FRAME_HEADER_BYTES = 8;
/** A longer record is not spooled (the receiver takes 64 MiB a request). */
export const MAX_FRAME_BYTES: number = 32 * 1024 * 1024;

/** @param body 1 to MAX_FRAME_BYTES bytes */
export function encodeFrame(body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length);
  frame.writeUInt32LE(body.length, 0);
  frame.set(body, FRAME_HEADER_BYTES);
  frame.writeUInt32LE(checksum(frame, 0, body.length), 4);
  return frame;
}

/** The frame at `at`: whole, cut off by the end of `bytes` (then `needed` says how many bytes it wants), or none. */
export type Frame =
  | { readonly at: "whole"; readonly body: Buffer; readonly end: number }
  | { readonly at: "short"; readonly needed: number }
  | { readonly at: "bad" };

export function frameAt(bytes: Buffer, at: number): Frame {
  if (bytes.length - at < FRAME_HEADER_BYTES) return { at: "short", needed: FRAME_HEADER_BYTES };
  const length = bytes.readUInt32LE(at);
  // Zero would let a tail of zeros, which a power cut can leave, pass as frames without end.
  if (length === 0 || length > MAX_FRAME_BYTES) return { at: "bad" };
  const end = at + FRAME_HEADER_BYTES + length;
  if (end > bytes.length) return { at: "short", needed: FRAME_HEADER_BYTES + length };
  if (bytes.readUInt32LE(at + 4) !== checksum(bytes, at, length)) return { at: "bad" };
  return { at: "whole", body: bytes.subarray(at + FRAME_HEADER_BYTES, end), end };
}

/**
 * The next place after `at` where a whole frame begins, or -1. For what lies behind a damaged one.
 * @param first first byte of every body that was written, so that most places need no checksum
 */
export function nextFrame(bytes: Buffer, at: number, first: number): number {
  for (let place = at + 1; place + FRAME_HEADER_BYTES < bytes.length; place++) {
    if (bytes[place + FRAME_HEADER_BYTES] === first && frameAt(bytes, place).at === "whole") return place;
  }
  return -1;
}

function checksum(bytes: Buffer, at: number, length: number): number {
  const seed = crc32(bytes.subarray(at, at + 4));
  return crc32(bytes.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length), seed);
}
