// units.ts: the spellings of sizes, times and addresses in a config. Pure; a spelling that is not known is `undefined`, never a guess.

/** Where to listen. `host` without brackets; `port` 0 to 65535, 0 lets the system choose. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** `250ms`, `1s`, `1.5m`, `2h`, `7d`, in whole milliseconds. A bare number has no unit and is refused. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(text);
  return match === null ? undefined : whole(Number(match[1]) * MS[match[2]!]!);
}

/** `67108864`, `64MiB`, `1.5GB`, in bytes: decimal units are kB MB GB TB, binary ones KiB MiB GiB TiB. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?(B|[kMGT]B|[KMGT]iB|)$/.exec(text);
  return match === null ? undefined : whole(Number(match[1]) * BYTES[match[2]!]!);
}

/** `HOST:PORT`; an IPv6 host stands in brackets. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([\w.-]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  return port > 65_535 ? undefined : { host: match[1] ?? match[2]!, port };
}

/** Inverse of {@link parseAddress}. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A size for a person: the largest binary unit that divides it, else bytes. */
export function formatBytes(bytes: number): string {
  for (const unit of ["TiB", "GiB", "MiB", "KiB"] as const) {
    const size = BYTES[unit]!;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

function whole(value: number): number | undefined {
  const rounded = Math.round(value);
  return Number.isSafeInteger(rounded) && Math.abs(rounded - value) < 1e-6 ? rounded : undefined;
}
