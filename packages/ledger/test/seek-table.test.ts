import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import fc from "fast-check";
import { FOOTER_BYTES, type Frame, formatSeekTable, MAX_FRAME_BYTES, parseSeekTable, seekTableBytes } from "../src/seek-table.ts";

const sizes = fc.array(
  fc.record({
    lines: fc.integer({ min: 1, max: 400 }),
    bytes: fc.integer({ min: 400, max: MAX_FRAME_BYTES }),
    storedBytes: fc.integer({ min: 1, max: MAX_FRAME_BYTES }),
  }),
  { maxLength: 20 },
);

function framesOf(parts: readonly Pick<Frame, "lines" | "bytes" | "storedBytes">[]): Frame[] {
  let [firstLine, offset, storedOffset] = [0, 0, 0];
  return parts.map((part) => {
    const frame = { ...part, firstLine, offset, storedOffset };
    firstLine += part.lines;
    offset += part.bytes;
    storedOffset += part.storedBytes;
    return frame;
  });
}

function fileBytes(frames: readonly Frame[], tables: Uint8Array): number {
  return frames.reduce((sum, { storedBytes }) => sum + storedBytes, tables.length);
}

suite("the seek table", () => {
  test("is read back as it was written, and its length is in its last nine bytes", () => {
    fc.assert(
      fc.property(sizes, (parts) => {
        const frames = framesOf(parts);
        const tables = Buffer.from(formatSeekTable(frames));
        assert.equal(seekTableBytes(tables.subarray(-FOOTER_BYTES)), tables.length);
        assert.deepEqual(parseSeekTable(tables, fileBytes(frames, tables)), frames);
      }),
    );
  });

  test("of any other bytes is none, and one changed byte makes it none or another valid one, never an error", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.integer({ min: 1, max: 255 }), (parts, at, change) => {
        const frames = framesOf(parts);
        const tables = Buffer.from(formatSeekTable(frames));
        const size = fileBytes(frames, tables);
        tables[at % tables.length]! ^= change;
        const found = parseSeekTable(tables, size);
        if (found !== undefined) assert.equal(fileBytes(found, tables), size, "frames and tables are the whole file");
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseSeekTable(Buffer.from(bytes), bytes.length)));
  });

  test("that claims a frame larger than a reader may have to hold is refused", () => {
    const frames = framesOf([{ lines: 1, bytes: MAX_FRAME_BYTES + 1, storedBytes: 10 }]);
    const tables = Buffer.from(formatSeekTable(frames));
    assert.equal(parseSeekTable(tables, fileBytes(frames, tables)), undefined);
  });
});
