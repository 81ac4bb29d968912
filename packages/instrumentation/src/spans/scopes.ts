// scopes.ts: scopes whose calls are heard on the library's own channel already. Their spans would be second events about the same calls.

const heard = new Set<string>();

export function hearElsewhere(scope: string): void {
  heard.add(scope);
}

export function isHeardElsewhere(scope: string): boolean {
  return heard.has(scope);
}
