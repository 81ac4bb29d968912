// values-digest.ts: some instrumentations let only the statement's text be set. There the digest of its values travels in a comment at its end.

const MARK = /^(.*) \/\* values (hmac-sha256:[A-Za-z0-9_-]{43}) \*\/$/s;

export function withDigest(shape: string, digest: string | undefined): string {
  return digest === undefined ? shape : `${shape} /* values ${digest} */`;
}

/** The two parts again; a statement without the comment is all shape. */
export function digestOf(statement: string): { readonly statement: string; readonly digest: string | undefined } {
  if (!statement.endsWith("*/")) return { statement, digest: undefined };
  const [, shape = statement, digest] = MARK.exec(statement) ?? [];
  return { statement: shape, digest };
}
