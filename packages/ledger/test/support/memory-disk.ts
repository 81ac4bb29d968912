// memory-disk.ts: a disk in memory that knows what a power cut takes away: unsynced bytes, and names whose directory was not synced.
// Pessimistic where systems differ: syncing a file does not make its name durable.

import { basename, dirname, resolve } from "node:path";
import type { Disk, DiskFile, OpenMode } from "../../src/disk.ts";
import { MemoryFile } from "./memory-file.ts";

export class MemoryDirectory {
  /** As processes see it. */
  names = new Map<string, MemoryDirectory | MemoryFile>();
  /** As a power cut would leave it. */
  durable = new Map<string, MemoryDirectory | MemoryFile>();
}

type Names = Map<string, MemoryDirectory | MemoryFile>;
interface NameChange {
  readonly directory: MemoryDirectory;
  readonly apply: (names: Names) => void;
}

/** How much a power cut keeps of what was not synced. */
export type Kept = "nothing" | "everything" | { random: () => number };

export class MemoryDisk implements Disk {
  readonly #root = new MemoryDirectory();
  /** Changes of names that no sync has covered, in order: like a journal, a power cut keeps the first ones or none. */
  #journal: NameChange[] = [];
  free = 1 << 30;
  /** Bytes read so far. */
  bytesRead = 0;

  open = async (path: string, mode: OpenMode, permissions = 0o600): Promise<DiskFile> => {
    const directory = this.#directory(dirname(resolve(path)), path);
    const name = basename(path);
    let file = directory.names.get(name);
    if (file instanceof MemoryDirectory) throw systemError("EISDIR", path);
    if (file === undefined) {
      if (mode === "read" || mode === "update") throw systemError("ENOENT", path);
      const made = new MemoryFile(permissions);
      this.#rename(directory, (names) => names.set(name, made));
      file = made;
    } else if (mode === "create") throw systemError("EEXIST", path);
    else if (mode !== "read" && (file.permissions & 0o200) === 0) throw systemError("EACCES", path);
    else if (mode === "replace") file.truncate(0);
    return this.#handle(file, path);
  };

  readFile = async (path: string): Promise<Uint8Array | undefined> => {
    const file = this.file(path);
    this.bytesRead += file?.length ?? 0;
    return file?.contents();
  };

  list = async (path: string): Promise<string[]> => {
    const directory = this.#find(resolve(path));
    return directory instanceof MemoryDirectory ? [...directory.names.keys()].sort() : [];
  };

  rename = async (from: string, to: string): Promise<void> => {
    const directory = this.#directory(dirname(resolve(from)), from);
    if (dirname(resolve(to)) !== dirname(resolve(from))) throw new Error("this disk renames within a directory only");
    const file = directory.names.get(basename(from));
    if (file === undefined) throw systemError("ENOENT", from);
    this.#rename(directory, (names) => {
      names.delete(basename(from));
      names.set(basename(to), file);
    });
  };

  link = async (from: string, to: string): Promise<boolean> => {
    const directory = this.#directory(dirname(resolve(to)), to);
    const file = this.file(from);
    if (file === undefined) throw systemError("ENOENT", from);
    if (directory.names.has(basename(to))) return false;
    this.#rename(directory, (names) => names.set(basename(to), file));
    return true;
  };

  unlink = async (path: string): Promise<void> => {
    if (this.file(path) === undefined) return;
    this.#rename(this.#directory(dirname(resolve(path)), path), (names) => names.delete(basename(path)));
  };

  makeDirectory = async (path: string): Promise<void> => {
    if (resolve(path) === "/") return;
    const parent = this.#directory(dirname(resolve(path)), path);
    if (parent.names.has(basename(path))) return;
    const made = new MemoryDirectory();
    this.#rename(parent, (names) => names.set(basename(path), made));
  };

  removeDirectory = async (path: string): Promise<void> => {
    const directory = this.#find(resolve(path));
    if (!(directory instanceof MemoryDirectory) || directory.names.size > 0) return;
    this.#rename(this.#directory(dirname(resolve(path)), path), (names) => names.delete(basename(path)));
  };

  changeMode = async (path: string, permissions: number): Promise<void> => {
    const file = this.file(path);
    if (file === undefined) throw systemError("ENOENT", path);
    file.permissions = permissions;
  };

  syncDirectory = async (path: string): Promise<void> => {
    const directory = this.#directory(resolve(path), path);
    this.#journal = this.#journal.filter((change) => {
      if (change.directory === directory) change.apply(directory.durable);
      return change.directory !== directory;
    });
  };

  freeBytes = (): number => this.free;

  /** The file of that name; undefined when there is none. */
  file(path: string): MemoryFile | undefined {
    const found = this.#find(resolve(path));
    return found instanceof MemoryFile ? found : undefined;
  }

  /** All files, with their paths. */
  files(): Map<string, MemoryFile> {
    const found = new Map<string, MemoryFile>();
    const walk = (directory: MemoryDirectory, prefix: string) => {
      for (const [name, node] of directory.names) {
        if (node instanceof MemoryFile) found.set(`${prefix}/${name}`, node);
        else walk(node, `${prefix}/${name}`);
      }
    };
    walk(this.#root, "");
    return found;
  }

  /** Takes away what was not synced, or part of it. */
  powerCut(kept: Kept): void {
    const random = typeof kept === "object" ? kept.random : () => (kept === "everything" ? 1 : 0);
    const share = (most: number) => Math.min(most, Math.floor(random() * (most + 1)));
    for (const { directory, apply } of this.#journal.slice(0, share(this.#journal.length))) apply(directory.durable);
    this.#journal = [];
    const seen = new Set<MemoryDirectory | MemoryFile>();
    const cut = (node: MemoryDirectory | MemoryFile) => {
      if (seen.has(node)) return; // two names, one file
      seen.add(node);
      if (node instanceof MemoryFile) node.powerCut((changes) => ({ count: share(changes), share: random() }));
      else {
        node.names = new Map(node.durable);
        for (const child of node.names.values()) cut(child);
      }
    };
    cut(this.#root);
  }

  #handle(file: MemoryFile, path: string): DiskFile {
    return {
      read: async (into, position) => {
        const read = file.read(into, position);
        this.bytesRead += read;
        return read;
      },
      write: async (bytes, position) => {
        if (bytes.length > this.free) throw systemError("ENOSPC", path);
        file.write(bytes, position);
      },
      size: async () => file.length,
      truncate: async (length) => file.truncate(length),
      datasync: async () => file.sync(),
      close: async () => {},
    };
  }

  #rename(directory: MemoryDirectory, apply: (names: Names) => void): void {
    apply(directory.names);
    this.#journal.push({ directory, apply });
  }

  #find(path: string): MemoryDirectory | MemoryFile | undefined {
    let node: MemoryDirectory | MemoryFile | undefined = this.#root;
    for (const name of path.split("/")) {
      if (name === "") continue;
      if (!(node instanceof MemoryDirectory)) return undefined;
      node = node.names.get(name);
    }
    return node;
  }

  #directory(path: string, wanted: string): MemoryDirectory {
    const directory = this.#find(path);
    if (directory instanceof MemoryDirectory) return directory;
    throw systemError("ENOENT", wanted);
  }
}

export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: injected, '${path}'`), { code });
}
