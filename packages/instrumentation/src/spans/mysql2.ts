// mysql2.ts: OpenTelemetry's instrumentation of mysql2 shows its masking hook the statement alone. For the digest the values are needed, too, and they may be
// in no span: they are held here while the hook is called.

import { MySQL2Instrumentation } from "@opentelemetry/instrumentation-mysql2";
import { statementShape } from "./statement-shape.ts";
import { withDigest } from "./values-digest.ts";

type Query = (this: unknown, ...args: unknown[]) => unknown;
type Patch = (original: Query) => Query;

/** What the instrumentation calls when mysql2 is loaded; without it the digest is of the statement only. */
interface Patching {
  _patchQuery?: (format: unknown, isPrepared: boolean) => Patch;
}

export function mysql2Instrumentation(digest: (values: unknown) => string | undefined): MySQL2Instrumentation {
  let values: unknown;
  const instrumentation = new MySQL2Instrumentation({
    maskStatement: true,
    maskStatementHook: (statement) =>
      withDigest(statementShape(statement, "mysql"), digest(values === undefined ? statement : [statement, values])),
  });
  const patching = instrumentation as unknown as Patching;
  const patchQuery = patching._patchQuery;
  if (patchQuery === undefined) return instrumentation;
  patching._patchQuery = (format, isPrepared) => {
    const patch = patchQuery.call(instrumentation, format, isPrepared);
    return (original) => {
      const patched = patch(original);
      return function (this: unknown, ...args: unknown[]) {
        values = valuesOf(args);
        try {
          return patched.apply(this, args);
        } finally {
          values = undefined;
        }
      };
    };
  };
  return instrumentation;
}

/** `query(sql, values, callback)`, `query({ sql, values }, callback)`; a single value need not be in a list. */
function valuesOf([query, second]: readonly unknown[]): unknown {
  if (second !== undefined && typeof second !== "function") return second;
  return typeof query === "object" && query !== null ? (query as { values?: unknown }).values : undefined;
}
