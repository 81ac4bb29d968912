// notices.ts: what the operator reads on stderr when something is wrong: one line when it begins, one when it is over.

export class Notices {
  readonly #write: (line: string) => void;
  readonly #open = new Set<string>();

  constructor(write: (line: string) => void = (line) => void process.stderr.write(line)) {
    this.#write = write;
  }

  /** One line, always. */
  say(text: string): void {
    try {
      this.#write(`proofline: ${text}\n`);
    } catch {
      // A closed stderr is no reason to fail.
    }
  }

  /** One line when `key` is not open yet. */
  begin(key: string, text: string): void {
    if (this.#open.has(key)) return;
    this.#open.add(key);
    this.say(text);
  }

  /** Says `text` when `key` was open. */
  end(key: string, text?: string): void {
    if (this.#open.delete(key) && text !== undefined) this.say(text);
  }
}
