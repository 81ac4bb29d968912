// Holds the arrows of the house: which room may import which. TypeScript's references do not (an import by name is found through
// node_modules whether it is referenced or not), so this test reads the imports themselves.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Room by room, the rooms below it. A room that is not named here may not exist. */
const arrows: Record<string, string[]> = {
  event: [],
  redaction: [],
  tlog: [],
  ledger: ["event", "tlog"],
  instrumentation: ["event", "redaction"],
  receiver: ["event", "redaction", "tlog", "ledger"],
  verify: ["event", "tlog"],
  cli: ["event", "redaction", "tlog", "ledger", "receiver", "verify"],
};

/** Rooms that must stay free of any package but Node's own: what is frozen in bytes must not change with somebody's release. */
const withoutDependencies = ["event", "redaction", "tlog", "ledger"];

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const found = [
    ...text.matchAll(/^\s*(?:import|export)\s[^"';]*?from\s*["']([^"']+)["']/gm),
    ...text.matchAll(/^\s*import\s*["']([^"']+)["']/gm),
    ...text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g),
  ];
  return found.map((match) => ({ file: relative(root, file), specifier: match[1]! }));
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

const builtins = new Set(builtinModules);
const manifest = (room: string): { dependencies?: Record<string, string>; peerDependencies?: Record<string, string> } =>
  JSON.parse(readFileSync(join(root, "packages", room, "package.json"), "utf8"));

describe("the rooms", () => {
  test("are exactly the ones that the map names", () => {
    assert.deepEqual(readdirSync(join(root, "packages")).sort(), Object.keys(arrows).sort());
  });

  for (const [room, below] of Object.entries(arrows)) {
    const src = join(root, "packages", room, "src");
    const imports = sources(src).flatMap(importsOf);
    const allowed = below.map((name) => `@proofline/${name}`);

    test(`${room} imports ${below.length === 0 ? "no other room" : `only ${below.join(", ")}`}`, () => {
      const wrong = imports.filter(({ specifier }) => specifier.startsWith("@proofline/") && !allowed.includes(specifier));
      assert.deepEqual(wrong, []);
    });

    test(`${room} reaches into no other room's files`, () => {
      const wrong = imports.filter(
        ({ file, specifier }) =>
          specifier.startsWith(".") && relative(src, resolve(root, dirname(file), specifier)).startsWith(".."),
      );
      assert.deepEqual(wrong, []);
    });

    test(`${room} declares every package that it imports, and imports every one that it declares`, () => {
      const used = new Set(
        imports
          .map(({ specifier }) => specifier)
          .filter((name) => !name.startsWith(".") && !name.startsWith("node:") && !builtins.has(name))
          .map(packageOf),
      );
      const { dependencies = {}, peerDependencies = {} } = manifest(room);
      assert.deepEqual([...used].sort(), [...new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)])].sort());
    });

    test(`${room} names Node's own modules with their prefix`, () => {
      assert.deepEqual(
        imports.filter(({ specifier }) => builtins.has(specifier)),
        [],
      );
    });
  }

  for (const room of withoutDependencies) {
    test(`${room} depends on no package of others`, () => {
      const foreign = Object.keys(manifest(room).dependencies ?? {}).filter((name) => !name.startsWith("@proofline/"));
      assert.deepEqual(foreign, []);
    });
  }
});

test("every dependency has its line in ARCHITECTURE.md", () => {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const named = new Set<string>();
  for (const room of Object.keys(arrows))
    for (const name of Object.keys({ ...manifest(room).dependencies, ...manifest(room).peerDependencies }))
      if (!name.startsWith("@proofline/")) named.add(name);
  const development: { devDependencies: Record<string, string> } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of Object.keys(development.devDependencies)) named.add(name);
  const missing = [...named].filter((name) => !text.includes(`| \`${name}\``));
  assert.deepEqual(missing, []);
});
