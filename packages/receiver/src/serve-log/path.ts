// path.ts: which of a log's files a path names. Strict: a file has one spelling, and every other path names nothing. Knows no HTTP.
// Source: c2sp.org/tlog-tiles.

import { parseTilePath, TILE_WIDTH, type Tile, TlogError, tilePath } from "@proofline/tlog";

export type LogFile =
  | { readonly what: "checkpoint" }
  | { readonly what: "tile"; readonly tile: Tile }
  /** The lines [index * 256, index * 256 + width). */
  | { readonly what: "entries"; readonly index: number; readonly width: number };

const ENTRIES = "tile/entries/";

/**
 * @param path `<log>/checkpoint`, `<log>/tile/<L>/<N>[.p/<W>]` or `<log>/tile/entries/<N>[.p/<W>]`, decoded; a log's name may have slashes
 * @returns undefined for any other path and for any other log
 */
export function parseLogPath(path: string, log: string): LogFile | undefined {
  if (!path.startsWith(`${log}/`)) return undefined;
  const file = path.slice(log.length + 1);
  if (file === "checkpoint") return { what: "checkpoint" };
  if (file.startsWith(ENTRIES)) {
    const tile = tileOf(`tile/0/${file.slice(ENTRIES.length)}`);
    return tile && { what: "entries", index: tile.index, width: tile.width };
  }
  const tile = tileOf(file);
  return tile && { what: "tile", tile };
}

/** Inverse of {@link parseLogPath}. @throws {TlogError} BAD_TILE */
export function formatLogPath(file: LogFile, log: string): string {
  switch (file.what) {
    case "checkpoint":
      return `${log}/checkpoint`;
    case "tile":
      return `${log}/${tilePath(file.tile)}`;
    case "entries":
      return `${log}/${tilePath({ level: 0, index: file.index, width: file.width }).replace("tile/0/", ENTRIES)}`;
  }
}

/** Whether it may be kept for ever: full tiles and bundles never change, and are never taken back. */
export function isFull(file: LogFile): boolean {
  if (file.what === "checkpoint") return false;
  return (file.what === "tile" ? file.tile.width : file.width) === TILE_WIDTH;
}

function tileOf(path: string): Tile | undefined {
  try {
    return parseTilePath(path);
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}
