// iban.ts: international bank account numbers, ISO 13616: country, check digits, a length for each country, mod 97.

import { ALNUM, codeAt, DIGIT, is, LETTER, type Text } from "./characters.ts";

// Country and length, from the SWIFT registry.
const LENGTHS = new Map<string, number>(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 " +
    "FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 " +
    "ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 " +
    "SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
  )
    .split(" ")
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** End of an IBAN that starts here, single spaces or dashes between its characters allowed; 0 when there is none. */
export function ibanEnd(text: Text, start: number): number {
  if (is(codeAt(text, start - 1), ALNUM) || !is(codeAt(text, start + 3), DIGIT)) return 0;
  const length = LENGTHS.get(text.slice(start, start + 2).toUpperCase());
  if (length === undefined) return 0;
  let remainder = 0;
  let end = start + 4;
  for (let read = 4; read < length; read++) {
    let code = codeAt(text, end);
    if (code === 0x20 || code === 0x2d || code === 0xa0) code = codeAt(text, ++end);
    if (!is(code, ALNUM)) return 0;
    remainder = fold(remainder, code);
    end++;
  }
  if (is(codeAt(text, end), ALNUM)) return 0;
  for (let index = start; index < start + 4; index++) remainder = fold(remainder, text.charCodeAt(index));
  return remainder === 1 ? end : 0;
}

function fold(remainder: number, code: number): number {
  if (is(code, DIGIT)) return (remainder * 10 + code - 0x30) % 97;
  return is(code, LETTER) ? (remainder * 100 + (code & 0xdf) - 55) % 97 : remainder;
}
