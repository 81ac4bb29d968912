// json-frame.ts: puts JSON that was received back into a ResourceLogs, as protobuf-frame.ts does for protobuf.

/** A ResourceLogs of the parts given, each a JSON value as it was received. */
export function frameJson(
  resource: Uint8Array | undefined,
  scope: Uint8Array | undefined,
  record: Uint8Array | undefined,
): Uint8Array {
  const below = [...member("scope", scope), ...(record === undefined ? [] : [join('"logRecords":[', [record], "]")])];
  const scopeLogs = below.length === 0 ? [] : [join('"scopeLogs":[{', below, "}]")];
  return join("{", [...member("resource", resource), ...scopeLogs], "}");
}

function member(name: string, value: Uint8Array | undefined): Uint8Array[] {
  return value === undefined ? [] : [join(`"${name}":`, [value], "")];
}

/** The parts with commas between them. */
function join(open: string, parts: readonly Uint8Array[], close: string): Uint8Array {
  const pieces = parts.flatMap((part, i) => (i === 0 ? [part] : [Buffer.from(","), part]));
  return new Uint8Array(Buffer.concat([Buffer.from(open), ...pieces, Buffer.from(close)]));
}
