// Triggers that leave nothing out: every character at which any scanner can be entered. The scanners must find the same
// with these as with the compiled ones, which only pass over more.

import type { Text } from "../../src/scan/characters.ts";
import type { Triggers } from "../../src/scan/triggers.ts";

const MARKS = new Set("@%:= \t-_.IKJ");

export function everywhere(text: Text): [triggers: Triggers, ibans: Triggers] {
  const from =
    (isMark: (index: number) => boolean): Triggers =>
    (_text, start) => {
      for (let index = start; index < text.length; index++) if (isMark(index)) return index;
      return -1;
    };
  return [
    from((index) => MARKS.has(String.fromCharCode(text.charCodeAt(index)))),
    from((index) => {
      const code = text.charCodeAt(index);
      return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
    }),
  ];
}
