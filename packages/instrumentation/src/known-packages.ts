// known-packages.ts: which of the packages that are heard or patched the application has, for the line at start. Reads package.json files; loads nothing.

import { readFileSync } from "node:fs";
import module from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** From major version, and below which. As tested; what its spans say needs no version. */
const KNOWN: Readonly<Record<string, readonly [from: number, below: number]>> = {
  express: [4, 6],
  fastify: [5, 6],
  koa: [2, 4],
  hono: [4, 5],
  "@nestjs/core": [10, 13],
  ai: [7, 8],
  openai: [5, 8],
  "@openai/agents-core": [0, 1],
  "@modelcontextprotocol/sdk": [1, 2],
  "@anthropic-ai/sdk": [1, 2],
  pg: [8, 9],
  mysql2: [1, 4],
  mongodb: [3, 8],
  redis: [2, 7],
  "@smithy/core": [1, 5],
};

/** Under the name that a user knows it by. */
const CALLED: Readonly<Record<string, string>> = { "@smithy/core": "@aws-sdk", "@openai/agents-core": "@openai/agents" };

export interface FoundPackages {
  /** `openai 7.55.0` */
  readonly heard: readonly string[];
  /** Of a version that is not heard. */
  readonly unheard: readonly string[];
  /** Names. */
  readonly missing: readonly string[];
}

/** @param script the application's first file; without one what the current folder has */
export function foundPackages(script: string | undefined): FoundPackages {
  const base = pathToFileURL(script ?? join(process.cwd(), "index.js")).href;
  const heard: string[] = [];
  const unheard: string[] = [];
  const missing: string[] = [];
  for (const [name, [from, below]] of Object.entries(KNOWN)) {
    const version = versionOf(name, base);
    const called = CALLED[name] ?? name;
    const major = Number.parseInt(version ?? "", 10);
    if (version === undefined) missing.push(called);
    else if (major >= from && major < below) heard.push(`${called} ${name === called ? version : ""}`.trimEnd());
    else unheard.push(`${called} ${version}`);
  }
  return { heard, unheard, missing };
}

/** For the line at start. */
export function sayPackages({ heard, unheard, missing }: FoundPackages): string {
  return [
    heard.length === 0 ? "none of the known packages found" : `heard when loaded: ${heard.join(", ")}`,
    ...(unheard.length === 0 ? [] : [`found, but not heard in this version: ${unheard.join(", ")}`]),
    ...(missing.length === 0 || heard.length === 0 ? [] : [`not found: ${missing.join(", ")}`]),
  ].join("; ");
}

function versionOf(name: string, base: string): string | undefined {
  try {
    const file = module.findPackageJSON(name, base);
    if (file === undefined) return undefined;
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version?: unknown };
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined; // not there
  }
}
