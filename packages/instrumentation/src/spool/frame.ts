// frame.ts: how one record lies in a segment: `[u32 length][u32 crc32][bytes]`, little-endian, the CRC over length and bytes.
// Pure. Any bytes can be scanned: what comes out was written by encodeFrame, or nothing comes out.

import { crc32 } from "node:zlib";

export const FRAME_HEADER_BYTES = 8;
/** A longer record is not spooled (the receiver takes 64 MiB a request). */
export const MAX_FRAME_BYTES: number = 32 * 1024 * 1024;

/** @param body 1 to MAX_FRAME_BYTES bytes */
export function encodeFrame(body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length);
  frame.set(body, FRAME_HEADER_BYTES);
  sealFrame(frame);
  return frame;
}

/** Writes the header of a frame whose body stands in its place already; saves a copy of every record. */
export function sealFrame(frame: Uint8Array): void {
  const length = frame.length - FRAME_HEADER_BYTES;
  writeUint32(frame, 0, length);
  writeUint32(frame, 4, crc32(frame.subarray(FRAME_HEADER_BYTES), crcOfLength(length)));
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
  return crc32(bytes.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length), crcOfLength(length));
}

/** CRC-32 of the four bytes of a length: here, because four bytes are not worth a call into the runtime. */
function crcOfLength(length: number): number {
  let crc = 0xffff_ffff;
  for (let shift = 0; shift < 32; shift += 8) crc = TABLE[(crc ^ (length >>> shift)) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** CRC-32's own table; polynomial 0xedb88320 (ISO 3309). */
const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb8_8320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value & 0xff;
  bytes[at + 1] = (value >>> 8) & 0xff;
  bytes[at + 2] = (value >>> 16) & 0xff;
  bytes[at + 3] = value >>> 24;
}
