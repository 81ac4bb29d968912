// suite.ts: the points of the OTLP checklist as tests, one test a point, named by its number, and what came of each. Knows no table.

import { type TestContext, test } from "node:test";
import { Case } from "./case.ts";

/** One line of the checklist. The texts stand in the table as they are here. */
export interface Point {
  readonly number: number;
  /** What the protocol asks. */
  readonly requirement: string;
  /** What this receiver does: the test's name. */
  readonly answer: string;
  check(c: Case): Promise<void>;
}

/** How a request reached the receiver. */
export interface Drive {
  readonly transport: Transport;
  /** Who sent it: "JS http/json", "raw bytes". */
  readonly driver: string;
}
export type Transport = "HTTP/protobuf" | "HTTP/JSON" | "gRPC";

export interface Outcome {
  readonly point: Point;
  readonly passed: boolean;
  readonly drives: readonly Drive[];
}

/** Registers a test for each point. @returns the outcomes, filled while the tests run */
export function testPoints(points: readonly Point[]): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  for (const point of points) {
    test(`${String(point.number).padStart(2, "0")} ${point.answer}`, async (t: TestContext) => {
      const c = new Case(t);
      let passed = false;
      try {
        await point.check(c);
        passed = true;
      } finally {
        outcomes.push({ point, passed, drives: c.drives });
      }
    });
  }
  return outcomes;
}
