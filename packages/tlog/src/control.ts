// control.ts: the characters that C2SP notes may not hold. By code, as control characters in a pattern are hard to see.

const SPACE = 0x20;
export const NEWLINE = 0x0a;

/** Where the first character below U+0020 is that is not `allowed`, or -1. */
export function findControl(text: string, allowed?: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < SPACE && code !== allowed) return i;
  }
  return -1;
}
