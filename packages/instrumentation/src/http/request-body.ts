// request-body.ts: what a request's body was, watched as it goes by. Nothing is read ahead, held back or changed: the application gets every
// byte when it would have got it. Only a whole body of a text type is kept: half a JSON text cannot be redacted by its keys.

import type { IncomingMessage } from "node:http";

export interface WatchedBody {
  /** Bytes that came. */
  readonly bytes: number;
  /** The body as values (JSON, form) or text; undefined when it is not kept. */
  readonly content?: unknown;
  /** Why it is not kept. */
  readonly omitted?: "upload" | "encoded" | "too_large" | "unfinished" | "unreadable" | undefined;
}

export const DEFAULT_MAX_BODY_BYTES = 16_384;

type Kind = "json" | "form" | "text";

/** @param maxBytes longest body that is kept; memory a request */
export function watchBody(request: IncomingMessage, maxBytes: number): () => WatchedBody {
  const kind = kindOf(request.headers["content-type"]);
  const encoded = !/^(identity)?$/i.test(request.headers["content-encoding"] ?? "");
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The parser hands over through `push`; an override of this one object's own sees what passes and nothing else.
  const push = request.push.bind(request);
  request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk instanceof Uint8Array) {
      bytes += chunk.length;
      if (kind === undefined || encoded || bytes > maxBytes) chunks.length = 0;
      else chunks.push(Buffer.from(chunk));
    }
    return push(chunk, encoding);
  };
  return () => {
    if (bytes === 0) return { bytes };
    if (kind === undefined) return { bytes, omitted: "upload" };
    if (encoded) return { bytes, omitted: "encoded" };
    if (bytes > maxBytes) return { bytes, omitted: "too_large" };
    if (!request.complete) return { bytes, omitted: "unfinished" };
    return { bytes, ...read(Buffer.concat(chunks), kind) };
  };
}

function kindOf(header: string | undefined): Kind | undefined {
  const type = (header ?? "").split(";", 1)[0]!.trim().toLowerCase();
  if (type === "application/json" || type.endsWith("+json")) return "json";
  if (type === "application/x-www-form-urlencoded") return "form";
  // A stream of events is a stream: by metadata only.
  if (type.startsWith("text/") && type !== "text/event-stream") return "text";
  return undefined;
}

function read(body: Buffer, kind: Kind): { content: unknown } | { omitted: "unreadable" } {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    if (kind === "text") return { content: text };
    return { content: kind === "json" ? JSON.parse(text) : form(text) };
  } catch {
    return { omitted: "unreadable" };
  }
}

/** A key that comes more than once has all its values. */
function form(text: string): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null);
  for (const [key, value] of new URLSearchParams(text)) {
    const known = fields[key];
    fields[key] = known === undefined ? value : [known, value].flat();
  }
  return fields;
}
