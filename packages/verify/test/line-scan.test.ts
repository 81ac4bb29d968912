import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { describe, test } from "node:test";
import { formatLine, type Line, LineError, parseLine } from "@proofline/event";
import fc from "fast-check";
import { LineScanner } from "../src/line-scan.ts";
import { line as arbitraryLine, value as arbitraryValue } from "./support/arbitraries.ts";

const scanner = new LineScanner();

function scans(bytes: Uint8Array): boolean {
  const padded = Buffer.concat([Buffer.from("x\n"), bytes, Buffer.from("\n")]);
  return isUtf8(bytes) && scanner.scan(padded, 2) === padded.length - 1;
}

function parses(bytes: Uint8Array): Line | undefined {
  try {
    return parseLine(bytes);
  } catch (error) {
    assert.ok(error instanceof LineError, String(error));
    return undefined;
  }
}

/** Both accept or both refuse. */
function agree(bytes: Uint8Array): boolean {
  const accepted = scans(bytes);
  assert.equal(
    accepted,
    parses(bytes) !== undefined,
    `scanner ${accepted ? "accepts" : "refuses"}: ${Buffer.from(bytes).toString()}`,
  );
  return accepted;
}

const SAMPLE = `{"v":1,"log":"log.example/a","seq":41,"prev":"${"A".repeat(43)}=","received":"2026-11-20T21:14:03.123456789Z",
"id":"01JD","event":"invoice.approved","time":"2024-02-29T21:14:03.120000000Z","observed":"2026-11-20T21:14:03.121000000Z",
"trace_id":"5f1c0000000000000000000000000001","span_id":"000000000000009a","flags":1,"severity":-9,"severity_text":"INFO",
"attributes":{"a":"b","n":-12,"d":1.5,"e":1e+21,"z":-0.0,"i":{"$int":"-9223372036854775808"},"x":{"$double":"NaN"},"b":{"$bytes":"AQI="},
"$$r":{"$ref":"sha256:${"0a".repeat(32)}","bytes":70000},"l":[1,[],{}],"m":{"t":true,"f":false,"z":null},"u":"ä\\u001f\\n\\"\\\\"},
"dropped_attributes":2,"body":{"k":[{"$$int":"1"}]},"scope":{"name":"s","version":"1","schema_url":"u","attributes":{"k":1},"dropped_attributes":1},
"resource":{"service.name":"x"},"resource_schema_url":"u","resource_dropped_attributes":3,
"redactions":[{"path":"a","rule":"r","action":"mask","policy":"3f9a"},{"path":"","rule":"","action":""}],
"producer":{"stream":"p-1","number":17,"end":true},"notes":[{"path":"a","note":"assigned"},{"path":"a","note":"missing"},{"path":"ä","note":"assigned"}],
"quarantine":{"code":"ID_CONFLICT","reason":"why","bytes":{"$ref":"sha256:${"0b".repeat(32)}","bytes":0}}}`.replaceAll("\n", "");

describe("the line scanner", () => {
  test("says where the parts of a line are", () => {
    const bytes = Buffer.from(`${SAMPLE}\n`);
    assert.ok(scanner.scan(bytes, 0) === bytes.length - 1);
    const slice = (start: number, end: number) => bytes.toString("utf8", start, end);
    assert.equal(scanner.seq, 41);
    assert.equal(slice(scanner.logStart, scanner.logEnd), '"log.example/a"');
    assert.equal(slice(scanner.prevStart, scanner.prevStart + 44), `${"A".repeat(43)}=`);
    assert.equal(slice(scanner.receivedStart, scanner.receivedStart + 30), "2026-11-20T21:14:03.123456789Z");
    assert.equal(slice(scanner.idStart, scanner.idEnd), '"01JD"');
    assert.equal(slice(scanner.streamStart, scanner.streamEnd), '"p-1"');
    assert.deepEqual(
      { number: scanner.number, isLast: scanner.isLast, isConflict: scanner.isConflict },
      { number: 17, isLast: true, isConflict: true },
    );
    assert.deepEqual(scanner.references, [
      { sha256: "0a".repeat(32), bytes: 70_000 },
      { sha256: "0b".repeat(32), bytes: 0 },
    ]);
  });

  test("every byte of a line with every field, changed in every bit, deleted or doubled: as parseLine says", () => {
    const bytes = Buffer.from(SAMPLE);
    assert.ok(agree(bytes));
    let accepted = 0;
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= 1 << bit;
        if (agree(changed)) accepted++;
      }
      agree(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]));
      agree(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + 1), bytes.subarray(at)]));
    }
    assert.ok(accepted > 100, "most letters may be others");
  });

  test("every line that the format allows", () => {
    fc.assert(
      fc.property(arbitraryLine, (line) => {
        const bytes = Buffer.from(formatLine(line));
        if (bytes.length <= 65_535) assert.ok(agree(bytes));
      }),
      { numRuns: 500 },
    );
  });

  test("lines with pieces of other lines in them: as parseLine says", () => {
    const piece = fc.constantFrom(
      '"',
      "\\",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "0",
      "-",
      ".",
      "e",
      "1e5",
      "$",
      "null",
      '{"$',
      "\\u0001",
      "\\u0041",
      "\n",
      "é",
      "\ud83d\ude00",
      '"a":',
      " ",
    );
    fc.assert(
      fc.property(
        arbitraryLine,
        fc.array(fc.tuple(fc.nat(), fc.nat(3), piece), { minLength: 1, maxLength: 3 }),
        (line, edits) => {
          let text = formatLine(line);
          for (const [at, cut, insert] of edits) {
            const place = at % text.length;
            text = text.slice(0, place) + insert + text.slice(place + cut);
          }
          agree(Buffer.from(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("arbitrary values in the place of the body", () => {
    const spelled = fc.oneof(
      arbitraryValue.map(
        (value) => formatLine({ ...parseLine(Buffer.from(SAMPLE)), body: value }).match(/"body":(.*),"scope"/s)![1]!,
      ),
      fc.json(),
      fc.double().map(String),
      fc.bigInt().map((n) => `{"$int":"${n}"}`),
      fc.stringMatching(/^-?[0-9]{1,18}(\.[0-9]{1,3})?(e[+-]?[0-9]{1,3})?$/),
      fc.base64String().map((s) => `{"$bytes":"${s}"}`),
      fc.stringMatching(/^\{"\$(int|double|bytes|ref|\$int)":"(NaN|Infinity|-Infinity|sha256:|A{0,5}={0,3})"\}$/),
    );
    fc.assert(
      fc.property(spelled, (body) => {
        agree(Buffer.from(SAMPLE.replace('{"k":[{"$$int":"1"}]}', () => body)));
      }),
      { numRuns: 2000 },
    );
  });

  test("depth, length and repeated keys are bounded as in parseLine", () => {
    const withBody = (body: string) => Buffer.from(SAMPLE.replace('{"k":[{"$$int":"1"}]}', () => body));
    for (const depth of [62, 63, 64, 65, 66, 2000]) {
      for (const leaf of ["", "1", '"x"']) agree(withBody("[".repeat(depth) + leaf + "]".repeat(depth)));
      agree(withBody('{"a":'.repeat(depth) + "1" + "}".repeat(depth)));
    }
    for (const extra of [-1, 0, 1]) {
      const room = 65_535 - withBody('""').length + extra;
      assert.equal(agree(withBody(`"${"x".repeat(room)}"`)), extra <= 0);
    }
    const keys = (count: number, last: string) =>
      `{${Array.from({ length: count }, (_, i) => `"k${i}":1,`).join("")}"${last}":2}`;
    for (const count of [1, 2, 23, 24, 25, 500]) {
      assert.ok(!agree(withBody(keys(count, "k0"))));
      assert.ok(agree(withBody(keys(count, "k"))));
    }
  });

  test("times: days that exist, and nothing beyond 2^64-1 nanoseconds", () => {
    for (const time of [
      "2023-02-29T00:00:00.000000000Z",
      "2000-02-29T00:00:00.000000000Z",
      "2100-02-29T00:00:00.000000000Z",
      "2026-04-31T00:00:00.000000000Z",
      "2026-12-31T23:59:59.999999999Z",
      "2026-12-31T24:00:00.000000000Z",
      "2026-12-31T23:59:60.000000000Z",
      "2026-13-01T00:00:00.000000000Z",
      "2026-00-01T00:00:00.000000000Z",
      "2026-01-00T00:00:00.000000000Z",
      "1969-12-31T23:59:59.999999999Z",
      "1970-01-01T00:00:00.000000000Z",
      "2554-07-21T23:34:33.709551615Z",
      "2554-07-21T23:34:33.709551616Z",
      "2555-01-01T00:00:00.000000000Z",
      "2026-11-20T21:14:03.12345678Z",
      "2026-11-20t21:14:03.123456789Z",
      "2026-11-20T21:14:03.123456789+",
      "2026-11-2 T21:14:03.123456789Z",
    ]) {
      agree(Buffer.from(SAMPLE.replace("2026-11-20T21:14:03.123456789Z", time)));
      agree(Buffer.from(SAMPLE.replace("2024-02-29T21:14:03.120000000Z", time)));
    }
  });
});
