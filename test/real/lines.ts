// lines.ts: compares many lines and says little: how many, and the first difference.

export function assertSameLines(found: readonly string[], expected: readonly string[]): void {
  const longest = Math.max(found.length, expected.length);
  for (let i = 0; i < longest; i += 1) {
    if (found[i] === expected[i]) continue;
    const counts = `${found.length} lines found, ${expected.length} expected`;
    throw new Error(
      `${counts}; the first difference is at ${i}:\n  found     ${shown(found[i])}\n  expected  ${shown(expected[i])}`,
    );
  }
}

/** Orders lines of one log by their place in it. */
export function bySeq(a: string, b: string): number {
  return seqOf(a) - seqOf(b);
}

function seqOf(line: string): number {
  return (JSON.parse(line) as { seq: number }).seq;
}

function shown(line: string | undefined): string {
  return line === undefined ? "nothing" : line.slice(0, 300);
}
