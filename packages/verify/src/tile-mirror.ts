// tile-mirror.ts: the tiles of a log that is served over HTTP, fetched when they are asked for into a folder of its own, where TileFolder
// reads them as it does any others. On disk and not in memory: a log of ten million lines has 320 MB of them.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { HASH_BYTES, rightEdge, TILE_WIDTH, type Tile, tilePath } from "@proofline/tlog";
import type { LogClient } from "./log-client.ts";
import type { Findings } from "./report.ts";

export class TileMirror implements AsyncDisposable {
  readonly folder: string;
  readonly #client: LogClient;
  readonly #size: number;
  readonly #findings: Findings;
  readonly #fetched = new Map<string, Promise<boolean>>();
  #missing: Tile | undefined;

  constructor(folder: string, client: LogClient, size: number, findings: Findings) {
    this.folder = folder;
    this.#client = client;
    this.#size = size;
    this.#findings = findings;
  }

  /** @param size of the tree whose tiles are wanted. @throws {VerifyError} as the client does */
  static async open(client: LogClient, size: number, findings: Findings): Promise<TileMirror> {
    return new TileMirror(await mkdtemp(join(tmpdir(), "proofline-tiles-")), client, size, findings);
  }

  /** A tile that the server should have and has not. */
  get missing(): Tile | undefined {
    return this.#missing;
  }

  /** The partial tiles, which lead to the root. @returns whether they are all there */
  async fetchEdge(): Promise<boolean> {
    const found = await Promise.all(rightEdge(this.#size).map((tile) => this.#fetch(tile)));
    return found.every((isThere) => isThere);
  }

  /** A tile and all between it and the root. @returns whether they are all there */
  async fetchPath(level: number, index: number): Promise<boolean> {
    const found: Promise<boolean>[] = [];
    for (let at = { level, index }; ; at = { level: at.level + 1, index: Math.floor(at.index / TILE_WIDTH) }) {
      const count = Math.floor(this.#size / TILE_WIDTH ** at.level);
      const width = Math.min(TILE_WIDTH, count - at.index * TILE_WIDTH);
      if (width < 1) break;
      found.push(this.#fetch({ ...at, width }));
    }
    return (await Promise.all(found)).every((isThere) => isThere);
  }

  #fetch(tile: Tile): Promise<boolean> {
    const key = tilePath(tile);
    const known = this.#fetched.get(key);
    if (known !== undefined) return known;
    const fetching = this.#fetchNow(tile);
    // Those of the lowest level are asked for once and in order; remembering them all would take memory as the log grows.
    if (tile.level > 0) this.#fetched.set(key, fetching);
    return fetching;
  }

  async #fetchNow(tile: Tile): Promise<boolean> {
    const answer = await this.#client.tile(tile);
    if (answer === undefined) {
      this.#missing ??= tile;
      return false;
    }
    const { bytes, tile: served } = answer;
    if (bytes.length !== served.width * HASH_BYTES) {
      this.#findings.add({
        code: "TILE_CHANGED",
        seq: tile.index * TILE_WIDTH ** (tile.level + 1),
        expected: `${served.width} hashes, ${served.width * HASH_BYTES} bytes`,
        found: `${bytes.length} bytes`,
        where: this.#client.tileUrl(served),
      });
      return false;
    }
    const path = join(this.folder, tilePath(served));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
