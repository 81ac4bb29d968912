// active.ts: one set of hooks a process. The register hook and an AuditInstrumentation in the same application would record every request twice.

let active = false;

/** @returns whether the caller may hook in: nobody has yet */
export function activate(): boolean {
  if (active) return false;
  active = true;
  return true;
}

export function deactivate(): void {
  active = false;
}
