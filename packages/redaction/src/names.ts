// names.ts: new names for keys that held something secret, where two may become the same.

/** Hands out names once each within one object: `name`, then `name#2`, `name#3`, … Linear over all of them. */
export class Names {
  readonly #isTaken: (name: string) => boolean;
  readonly #given = new Set<string>();
  readonly #next = new Map<string, number>();

  constructor(isTaken: (name: string) => boolean) {
    this.#isTaken = isTaken;
  }

  give(name: string): string {
    let free = name;
    let number = this.#next.get(name) ?? 2;
    while (this.#given.has(free) || this.#isTaken(free)) free = `${name}#${number++}`;
    this.#next.set(name, number);
    this.#given.add(free);
    return free;
  }
}
