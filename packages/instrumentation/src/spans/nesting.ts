// nesting.ts: when a call within a call is no event of its own, because the outer one's event is about the same thing.

/** What of a call decides whether another one is part of it. */
export interface NestedCall {
  /** `inference`, `tool`, `http`, … */
  readonly kind: string;
  /** The model, the tool. */
  readonly target?: string | undefined;
  /** Whether the requests made within it only carry it: a model's or an MCP client's call over HTTP. What a tool itself sends is a deed of its own. */
  readonly carrier?: boolean | undefined;
}

const CARRIED = new Set(["cloud", "inference", "database"]);

/** Whether `inner`, made within `outer`, is told by `outer`'s event. */
export function isPartOf(inner: NestedCall, outer: NestedCall | undefined): boolean {
  if (outer === undefined) return false;
  switch (inner.kind) {
    case "http":
      return outer.carrier ?? CARRIED.has(outer.kind);
    case "inference":
      return outer.kind === "inference";
    case "tool":
    case "retrieval":
      return outer.kind === inner.kind && sameTarget(inner.target, outer.target);
    default:
      return false;
  }
}

/** A tool that is called by way of MCP keeps its name, or gains its server's before it. A tool that calls another tool is two deeds. */
function sameTarget(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return long.endsWith(short) && /[^A-Za-z0-9]/.test(long.charAt(long.length - short.length - 1));
}
