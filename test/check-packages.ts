// check-packages.ts: would somebody who installs a package of ours find what it promises? Packs each one as npm would publish it, then
// publint reads the tarball's manifest, and attw resolves its types as a TypeScript user's compiler would.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const out = mkdtempSync(join(tmpdir(), "proofline-pack-"));
const bin = (name: string): string => join(root, "node_modules", ".bin", name);
let passed = 0;
let failed = 0;

function check(what: string, command: string, args: string[]): void {
  try {
    execFileSync(command, args, { cwd: root, stdio: "pipe", encoding: "utf8" });
    passed += 1;
    console.log(`ok    ${what}`);
  } catch (error) {
    failed += 1;
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    console.log(`FAIL  ${what}\n${stdout}${stderr}`);
  }
}

try {
  for (const room of readdirSync(join(root, "packages"))) {
    const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", out, "--workspace", `packages/${room}`], {
      cwd: root,
      encoding: "utf8",
    });
    const tarball = join(out, packed.trim().split("\n").at(-1)!);
    check(`publint ${room}`, bin("publint"), [tarball, "--strict"]);
    check(`types of ${room} resolve`, bin("attw"), [tarball, "--profile", "esm-only", "--no-emoji", "--format", "ascii"]);
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
