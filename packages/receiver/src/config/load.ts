// load.ts: from file, environment and flags to one frozen config, or to every problem at once. Flags win over the environment,
// that over the file, that over the defaults. Reads no environment itself and opens no file but through `readText`.

import { readFileSync } from "node:fs";
import type { Config } from "./config.ts";
import { contradictions } from "./contradictions.ts";
import { environmentName } from "./environment.ts";
import { isMap } from "./kinds.ts";
import { editDistance, nearest } from "./nearest.ts";
import { loadPolicy, unreadable } from "./policy.ts";
import { ConfigError, type Problem } from "./problem.ts";
import { checkTree, type Finding, keyTable } from "./schema.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

/** Letters in which a misspelt variable may differ. Names that Kubernetes or other parts of ours use are further away from all of these. */
const MAX_TYPOS = 2;

export interface ConfigSources {
  /** Path of the YAML file; without it there is none. */
  readonly file?: string | undefined;
  /** Values from the command line, by key: `{"otlp.http": "127.0.0.1:0"}`. A flag is spelled `--otlp-http`, but see `flagNames`. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  /** How a flag is called when that is not its key with dashes. */
  readonly flagNames?: Readonly<Record<string, string>>;
  /** As {@link readEnvironment} gives it. Variables far from any key are somebody else's: Kubernetes makes some for its services. */
  readonly environment?: ReadonlyMap<string, string>;
  readonly readText?: (path: string) => string;
}

/** @throws {ConfigError} with every problem; nothing else */
export function loadConfig(sources: ConfigSources = {}): Config {
  const readText = sources.readText ?? ((path: string) => readFileSync(path, "utf8"));
  const file = openFile(sources.file, readText);
  const problems: Problem[] = [...file.problems];
  if (!isMap(file.tree)) problems.push({ where: file.where([]), key: "", message: "is not a map of keys" });
  problems.push(...misspelt(sources.environment));
  const tree = isMap(file.tree) ? structuredClone(file.tree) : {};
  const origins = overlay(tree, sources);
  const where = (path: readonly (string | number)[]): string => origins.get(path.join(".")) ?? file.where(path);

  const checked = checkTree(tree);
  if ("findings" in checked) throw new ConfigError([...problems, ...checked.findings.map((found) => toProblem(found, where))]);
  const policy = loadPolicy(checked.policy, { readText, where: (path) => where(["redaction", "policy", ...path]) });
  if ("problems" in policy) throw new ConfigError([...problems, ...policy.problems]);
  const config = checked.config(policy.policy);
  problems.push(...contradictions(config, where));
  if (problems.length > 0) throw new ConfigError(problems);
  return freeze(config);
}

function openFile(path: string | undefined, readText: (path: string) => string): YamlFile {
  if (path === undefined) return { tree: {}, problems: [], where: () => "default" };
  try {
    return readYaml(path, readText(path));
  } catch (error) {
    throw new ConfigError([{ where: "--config", key: "", message: unreadable(path, error) }]);
  }
}

/** Lays the environment and then the flags over the tree; says of each value that came so, where it came from. */
function overlay(tree: Record<string, unknown>, sources: ConfigSources): Map<string, string> {
  const origins = new Map<string, string>();
  for (const { key } of keyTable()) {
    const variable = environmentName(key);
    const flag = sources.flags?.[key];
    const value = flag ?? sources.environment?.get(variable);
    if (value === undefined) continue;
    setAt(tree, key.split("."), value);
    origins.set(key, flag === undefined ? variable : `--${sources.flagNames?.[key] ?? key.replace(/[._]/g, "-")}`);
  }
  return origins;
}

/** A variable one or two letters away from one of ours was meant for us: going on without it may mean the wrong policy, unnoticed. */
function misspelt(environment: ReadonlyMap<string, string> = new Map()): Problem[] {
  const names = keyTable().map(({ key }) => environmentName(key));
  const problems: Problem[] = [];
  for (const name of environment.keys()) {
    if (names.includes(name)) continue;
    const meant = names.find((known) => editDistance(name, known, MAX_TYPOS + 1) <= MAX_TYPOS);
    if (meant !== undefined)
      problems.push({ where: name, key: "", message: `is not a variable of ours; did you mean ${meant}?` });
  }
  return problems;
}

function setAt(tree: Record<string, unknown>, path: readonly string[], value: string): void {
  let node = tree;
  for (const part of path.slice(0, -1)) {
    const next = node[part];
    if (isMap(next)) node = next;
    // Something else stands where a section belongs: it stays, and is reported.
    else if (next !== undefined && next !== null) return;
    else {
      const made: Record<string, unknown> = {};
      node[part] = made;
      node = made;
    }
  }
  node[path.at(-1)!] = value;
}

function toProblem(found: Finding, where: (path: readonly string[]) => string): Problem {
  const key = found.path.join(".");
  if (!found.unknown) return { where: where(found.path), key, message: found.message };
  return { where: where(found.path), key, message: `${found.message}${suggestion(found.path)}` };
}

/** The key that was probably meant: near in its whole path, else the only one that ends in the same word. */
function suggestion(path: readonly string[]): string {
  const keys = keyTable().map(({ key }) => key);
  const sections = new Set(keys.flatMap((key) => key.split(".").map((_, i, parts) => parts.slice(0, i + 1).join("."))));
  const last = path.at(-1)!;
  const sameEnd = keys.filter((key) => key.split(".").at(-1) === last);
  const meant = nearest(path.join("."), sections) ?? (sameEnd.length === 1 ? sameEnd[0] : undefined);
  return meant === undefined ? "" : `; did you mean "${meant}"?`;
}

/** Freezes maps and lists; a compiled policy may hold things that must stay as they are, such as patterns. */
function freeze<T>(value: T): T {
  if ((!isMap(value) || Object.getPrototypeOf(value) !== Object.prototype) && !Array.isArray(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}
