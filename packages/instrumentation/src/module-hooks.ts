// module-hooks.ts: lets instrumentations see modules as they are loaded, ES modules too. Only the packages that are named: wrapping every
// module breaks some applications. CommonJS needs nothing of this: the instrumentations' own base class sees to it.

import Module, { register as registerLoader } from "node:module";
import { register as registerHooks, supportsSyncHooks } from "import-in-the-middle/register-hooks.mjs";

let hooked = false;

/**
 * Once a process; later calls do nothing. In-thread hooks where this Node has them in working order (>= 22.22.3, 24.11.1, 25.1, 26), else the
 * older loader thread.
 */
export function hookModules(packages: readonly (string | RegExp)[]): void {
  if (hooked) return;
  hooked = true;
  const include = [...packages];
  if (supportsSyncHooks()) registerHooks({ include });
  else registerLoader("import-in-the-middle/hook.mjs", import.meta.url, { data: { include } });
}

type Load = (module: { exports: unknown }, filename: string) => void;

/**
 * Shows a package's inner file to `patch` when CommonJS has loaded it. The instrumentations' own base class cannot: it passes over packages that have no
 * main file.
 * @returns stops it, as far as nobody else has hooked in since
 */
export function hookRequired(file: RegExp, patch: (exports: unknown) => void): () => void {
  const extensions = (Module as unknown as { _extensions: Record<string, Load> })._extensions;
  const load = extensions[".js"]!;
  const hooked: Load = (module, filename) => {
    load(module, filename);
    if (file.test(filename)) patch(module.exports);
  };
  extensions[".js"] = hooked;
  return () => {
    if (extensions[".js"] === hooked) extensions[".js"] = load;
  };
}
