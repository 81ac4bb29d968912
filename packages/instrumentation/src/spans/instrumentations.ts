// instrumentations.ts: OpenTelemetry's own instrumentations of clients. Bound values are in no span: their keyed digest is. Literals that an application writes into a
// statement for PostgreSQL itself stay in the span, as that instrumentation has it, and go where its traces go; the event has the statement's shape only.

import { createRequire, syncBuiltinESMExports } from "node:module";
import type { Instrumentation } from "@opentelemetry/instrumentation";
import { AwsInstrumentation } from "@opentelemetry/instrumentation-aws-sdk";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { MongoDBInstrumentation } from "@opentelemetry/instrumentation-mongodb";
import { PgInstrumentation } from "@opentelemetry/instrumentation-pg";
import { RedisInstrumentation } from "@opentelemetry/instrumentation-redis";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { ATTR_PROOFLINE_DB_VALUES_DIGEST } from "../emit/names.ts";
import type { Measure } from "../measure.ts";
import { mysql2Instrumentation } from "./mysql2.ts";
import { statementShape } from "./statement-shape.ts";
import { withDigest } from "./values-digest.ts";

/** The packages that must be seen when they are loaded, for ES modules. `undici` and `fetch` need nothing; Node's own see {@link patchBuiltins}. */
export const PATCHED_CLIENTS: readonly string[] = [
  ...["pg", "pg-pool", "mysql2", "mysql2/promise", "mongodb", "redis", "@redis/client"],
  ...["@aws-sdk/middleware-stack", "@aws-sdk/smithy-client", "@smithy/middleware-stack", "@smithy/smithy-client", "@smithy/core"],
];

/**
 * Node's `http` and `https` are patched when somebody requires them, and what an ES module has imported by name follows only when it is told to.
 * Call it when the instrumentations are enabled.
 */
export function patchBuiltins(): void {
  const require = createRequire(import.meta.url);
  for (const name of ["node:http", "node:https"]) require(name);
  syncBuiltinESMExports();
}

/** @param measure gives the keyed digest; without a key there is only the shape */
export function clientInstrumentations(measure: (value: unknown) => Measure | undefined): Instrumentation[] {
  const digest = (values: unknown): string | undefined => measure(values)?.digest;
  return [
    new HttpInstrumentation({ disableIncomingRequestInstrumentation: true }),
    new UndiciInstrumentation(),
    new PgInstrumentation({
      requestHook: (span, { query }) => {
        const found = query.values === undefined ? undefined : digest(query.values);
        if (found !== undefined) span.setAttribute(ATTR_PROOFLINE_DB_VALUES_DIGEST, found);
      },
    }),
    mysql2Instrumentation(digest),
    new MongoDBInstrumentation({
      requireParentSpan: false,
      dbStatementSerializer: (command) => {
        const { lsid: _session, $clusterTime: _time, ...rest } = command;
        return withDigest(statementShape(jsonOf(rest), "mongodb"), digest(rest));
      },
    }),
    new RedisInstrumentation({
      dbStatementSerializer: (name, args) =>
        withDigest(`${name} ${args.map(() => "?").join(" ")}`.trimEnd(), digest(args.map(String))),
    }),
    new AwsInstrumentation({
      suppressInternalInstrumentation: true,
      preRequestHook: (span, { request: { serviceName, commandInput } }) => {
        // Of the others' inputs some are files and streams.
        const found = serviceName === "DynamoDB" ? digest(commandInput) : undefined;
        if (found !== undefined) span.setAttribute(ATTR_PROOFLINE_DB_VALUES_DIGEST, found);
      },
    }),
  ];
}

/** A command of MongoDB's holds ids, dates, binary data: to the shape it is all the same. */
function jsonOf(command: object): string {
  try {
    return JSON.stringify(command, (_key, value: unknown) => (typeof value === "bigint" ? "?" : value)) ?? "{}";
  } catch {
    return "{}";
  }
}
