// senders.ts: the stock SDKs of other languages that the real lane sends with, and how. docs/conformance.md names the same.

import { PYTHON_PACKAGES } from "../support/peers/python.ts";

export interface Way {
  readonly protocol: "http" | "grpc";
  readonly compression: "none" | "gzip";
}

export interface Sender {
  readonly language: "Python" | "Go" | "Java";
  readonly version: string;
  readonly ways: readonly Way[];
}

const ALL: readonly Way[] = [
  { protocol: "http", compression: "none" },
  { protocol: "http", compression: "gzip" },
  { protocol: "grpc", compression: "none" },
  { protocol: "grpc", compression: "gzip" },
];

export const SENDERS: readonly Sender[] = [
  { language: "Python", version: PYTHON_PACKAGES[0]!.split("==")[1]!, ways: ALL },
  { language: "Go", version: "1.47.0, exporters 0.23.0", ways: ALL },
  { language: "Java", version: "1.65.0", ways: ALL },
];
