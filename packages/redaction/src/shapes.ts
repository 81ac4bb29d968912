// shapes.ts: what a redaction leaves behind, so that the next redaction knows it and leaves it alone. The library runs
// in the producer and again in the receiver: the second run must find nothing to do.

export const MASK = "***";

const TOKEN = /^tok_[A-Za-z0-9_-]{22}$/;
const DIGEST = /^hmac-sha256:[A-Za-z0-9_-]{43}:[0-9]{1,16}$/;
const ANYWHERE = /\*\*\*|tok_[A-Za-z0-9_-]{22}|hmac-sha256:[A-Za-z0-9_-]{43}:[0-9]{1,16}/g;

/** True when the whole text is the result of a mask, token or digest. */
export function isRedacted(text: string): boolean {
  return text === MASK || (text.length === 26 && TOKEN.test(text)) || (text.startsWith("hmac-sha256:") && DIGEST.test(text));
}

/** The text with results of earlier redactions cut out, so that their random letters are not read as names. */
export function withoutRedacted(text: string): string {
  return text.includes("***") || text.includes("tok_") || text.includes("hmac-") ? text.replace(ANYWHERE, " ") : text;
}
