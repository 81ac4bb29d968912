// cursor.ts: how far a sink has durably got. Holds the leaf hash of the last line it has, so that a cursor cannot be taken for one of
// another history. Knows no sink.

import { Buffer } from "node:buffer";
import { hashFromBase64, TlogError } from "@proofline/tlog";
import type { Disk } from "./disk.ts";
import { type Directories, replaceFile } from "./durable.ts";
import { asLedgerError, LedgerError } from "./errors.ts";
import type { Fuse } from "./fuse.ts";
import { isSinkName, type Layout } from "./layout.ts";
import { cursorAhead, cursorForked } from "./refusals.ts";

export interface Cursor {
  /** seq of the first line that the sink does not have. */
  readonly next: number;
  /**
   * Durable when it resolves. Calls are done in order.
   * @throws {LedgerError} BAD_CURSOR for a step back or beyond the durable lines; a fatal one when the disk fails
   */
  save(next: number): Promise<void>;
}

export interface CursorWorld {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly fuse: Fuse;
  readonly directories: Directories;
  /** Durable lines. */
  readonly size: () => number;
  /** `prev` of the line at `seq`, also for the one that does not exist yet. */
  readonly prevOf: (seq: number) => Promise<string>;
}

export interface Position {
  readonly next: number;
  readonly prev: string;
}

/** @throws {LedgerError} BAD_NAME, CORRUPT, ROLLED_BACK, FORKED */
export async function openCursor(world: CursorWorld, sink: string): Promise<Cursor> {
  const path = world.layout.cursor(sink);
  const stored = await readPosition(world.disk, path);
  if (stored !== undefined) await check(world, sink, stored);
  let next = stored?.next ?? 0;
  let saving: Promise<void> = Promise.resolve();
  return {
    get next() {
      return next;
    },
    save: (to) => {
      const saved = saving.then(async () => {
        if (!Number.isSafeInteger(to) || to < next || to > world.size()) {
          throw new LedgerError(
            "BAD_CURSOR",
            `cursor ${sink}: cannot go from ${next} to ${to}; expected ${next} to ${world.size()}`,
          );
        }
        if (to === next) return;
        const position: Position = { next: to, prev: await world.prevOf(to) };
        await world.fuse.guard(`saving ${path}`, async () => {
          await world.directories.ensure(world.layout.cursors);
          // A crash within: the old position or the new one. With the old one the sink is sent some lines twice, never none.
          await replaceFile(world.disk, path, Buffer.from(`${JSON.stringify(position)}\n`));
        });
        next = to;
      });
      saving = saved.catch(() => {}); // one refused step does not stop the next
      return saved;
    },
  };
}

/** At start: no sink may have more lines than there are. @throws {LedgerError} CORRUPT, ROLLED_BACK */
export async function checkCursors(disk: Disk, layout: Layout, size: number): Promise<void> {
  for (const { sink, next } of await readCursors(disk, layout)) if (next > size) throw cursorAhead(layout, sink, next, size);
}

/** How far every sink has got. @throws {LedgerError} CORRUPT */
export async function readCursors(disk: Disk, layout: Layout): Promise<(Position & { readonly sink: string })[]> {
  const found: (Position & { readonly sink: string })[] = [];
  for (const sink of await disk.list(layout.cursors)) {
    if (!isSinkName(sink)) continue;
    const position = await readPosition(disk, layout.cursor(sink));
    if (position !== undefined) found.push({ sink, ...position });
  }
  return found;
}

/** Puts a cursor where it is told to, also back. Durable when it resolves; for a log that is not open. */
export async function replaceCursor(disk: Disk, layout: Layout, sink: string, { next, prev }: Position): Promise<void> {
  await replaceFile(disk, layout.cursor(sink), Buffer.from(`${JSON.stringify({ next, prev })}\n`));
}

async function check(world: CursorWorld, sink: string, { next, prev }: Position): Promise<void> {
  if (next > world.size()) throw cursorAhead(world.layout, sink, next, world.size());
  const here = await world.prevOf(next);
  if (here !== prev) throw cursorForked(world.layout, sink, next, prev, here);
}

async function readPosition(disk: Disk, path: string): Promise<Position | undefined> {
  const bytes = await disk.readFile(path).catch((error: unknown) => {
    throw asLedgerError(`reading ${path}`, error);
  });
  if (bytes === undefined) return undefined;
  const position = parsePosition(Buffer.from(bytes).toString("utf8"));
  if (position !== undefined) return position;
  throw new LedgerError(
    "CORRUPT",
    `${path} is not a cursor: expected {"next":N,"prev":"<base64 hash>"} (CORRUPT). A crash does not do this.\n` +
      "  to go on      remove it: everything is sent to this sink once more",
    { fatal: true },
  );
}

function parsePosition(text: string): Position | undefined {
  try {
    const { next, prev } = JSON.parse(text) as Partial<Record<keyof Position, unknown>>;
    if (!Number.isSafeInteger(next) || (next as number) < 0 || typeof prev !== "string") return undefined;
    hashFromBase64(prev);
    return { next: next as number, prev };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof TlogError) return undefined;
    throw error;
  }
}
