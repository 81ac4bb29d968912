// media-type.ts: which of OTLP's two encodings a Content-Type names. Source: RFC 9110 8.3.

export type Encoding = "protobuf" | "json";

export const MEDIA_TYPES: Readonly<Record<Encoding, string>> = { protobuf: "application/x-protobuf", json: "application/json" };

/** Case and parameters do not count. Undefined for any other type, and for none. */
export function parseMediaType(contentType: string | undefined): Encoding | undefined {
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === MEDIA_TYPES.protobuf) return "protobuf";
  return type === MEDIA_TYPES.json ? "json" : undefined;
}
