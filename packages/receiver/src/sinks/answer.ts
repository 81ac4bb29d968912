// answer.ts: what a store's answer to a push means for what was pushed. Each store has its own words; this is what they come to.

export type Answer =
  /** The store has taken everything in it. */
  | { readonly kind: "accepted" }
  /** At least one record was refused, for what is in it. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The store could not handle it, and says that trying again is of no use: it may be a record, it may be the store. */
  | { readonly kind: "failed"; readonly reason: string }
  /** The same again may pass at once: the pusher has learned something from this answer. */
  | { readonly kind: "again" }
  /** The request as a whole is more than the store, or a proxy before it, takes at once. */
  | { readonly kind: "too-large"; readonly reason: string }
  /** The same request may pass later. */
  | { readonly kind: "busy"; readonly reason: string; readonly retryAfterMs?: number }
  /** No whole answer came. The records may have been stored. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** Someone must change something: credentials, address, tenant, clock. No record is to blame. */
  | { readonly kind: "misconfigured"; readonly reason: string };

const MAX_REASON_CHARS = 500;

/** A status and the beginning of what was said with it. */
export function reasonOf(status: number | string, text: string): string {
  return `${status} ${text.trim().slice(0, MAX_REASON_CHARS)}`.trim();
}

/** The same kind of refusal gives the same text, whatever the record. */
export function causeClass(reason: string): string {
  return reason.replaceAll(/'[^']*'|"[^"]*"|\{[^}]*\}|\d+/g, "#").slice(0, 80);
}

/** Seconds or an HTTP date, as milliseconds from now; at most five minutes, so that a wrong header does not stop the sink. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : boundedWait(ms);
}

export function boundedWait(ms: number): number {
  return Math.min(Math.max(ms, 0), 300_000);
}
