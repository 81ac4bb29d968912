// peers-here.ts: the programs of this run, each looked for once, at its first use. A scenario that needs one that is not to be had is skipped.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findJava } from "../support/peers/java.ts";
import { type RealLoki, startLoki } from "../support/peers/loki.ts";
import { findPython } from "../support/peers/python.ts";
import { type Found, findPeer, type PeerName } from "../support/peers.ts";
import { type Context, Skipped } from "./lane.ts";

export class Peers {
  readonly #say: (line: string) => void;
  readonly #found = new Map<string, Promise<Found>>();

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** @throws {Skipped} with the reason */
  path(peer: PeerName): Promise<string> {
    return this.#once(peer, () => findPeer(peer, { say: this.#say }));
  }

  /** An interpreter with the stock OpenTelemetry SDK. @throws {Skipped} */
  python(): Promise<string> {
    return this.#once("python", () => findPython({ say: this.#say }));
  }

  /** A folder of jars with the stock OpenTelemetry SDK, for a Java that is here. @throws {Skipped} */
  java(): Promise<string> {
    return this.#once("java", () => findJava({ say: this.#say }));
  }

  /** A Loki with an empty store, ended when the scenario is over. @throws {Skipped} */
  async loki(context: Context, flags: readonly string[] = []): Promise<RealLoki> {
    const binary = await this.path("loki");
    const folder = join(context.folder, "loki");
    await mkdir(folder, { recursive: true });
    const loki = await startLoki({ binary, folder, flags });
    context.defer(() => loki.stop());
    return loki;
  }

  async #once(name: string, find: () => Promise<Found>): Promise<string> {
    let found = this.#found.get(name);
    if (found === undefined) {
      found = find();
      this.#found.set(name, found);
    }
    const result = await found;
    if (result.at === "missing") throw new Skipped(result.reason);
    return result.path;
  }
}
