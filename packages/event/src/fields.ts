// fields.ts: reads the members of an object whose names and order are fixed, and says exactly what is wrong with one that is not so.
import type { LineErrorCode } from "./errors.ts";
import type { Scanner } from "./scan.ts";

/** Ask for the names in their order; each at most once. */
export class FieldReader {
  readonly #scanner: Scanner;
  readonly #known: readonly string[];
  #separator = "";
  /** Where the value of the last name that was found begins. */
  #start = 0;

  constructor(scanner: Scanner, known: readonly string[]) {
    this.#scanner = scanner;
    this.#known = known;
    scanner.expect("{");
  }

  /** Whether the next member is this one; then its value comes next. */
  next(name: string): boolean {
    const s = this.#scanner;
    const at = s.position + this.#separator.length + 1;
    // Most names that are asked for are absent.
    if (s.text.charCodeAt(at) !== name.charCodeAt(0) || !s.text.startsWith(name, at)) return false;
    if (!s.take(`${this.#separator}"${name}":`)) return false;
    this.#separator = ",";
    this.#start = s.position;
    return true;
  }

  /** As next, for a member that must be there. */
  required(name: string): void {
    if (this.next(name)) return;
    const found = this.#peek();
    if (found === undefined || this.#known.includes(found)) this.#scanner.fail("MISSING_FIELD", `expected ${name}`);
    this.#unknown();
  }

  end(): void {
    if (this.#scanner.take("}")) return;
    const found = this.#peek();
    if (found === undefined) this.#scanner.fail("SYNTAX", "expected , or }");
    if (this.#known.includes(found)) this.#scanner.fail("FIELD_ORDER", `${found} stands too late, or twice`);
    this.#unknown();
  }

  /** Refuses the value just read. */
  fail(code: LineErrorCode, message: string): never {
    this.#scanner.fail(code, message, this.#start);
  }

  /** Refuses a value that is spelled by leaving its field out. */
  notEmpty(isEmpty: boolean): void {
    if (isEmpty) this.fail("EMPTY_FIELD", "an empty field is left out");
  }

  #unknown(): never {
    this.#scanner.fail("UNKNOWN_FIELD", `expected one of ${this.#known.join(", ")}`);
  }

  /** The name of the next member, or undefined when what comes is not one. */
  #peek(): string | undefined {
    const { text, position } = this.#scanner;
    const from = position + this.#separator.length;
    if (!text.startsWith(this.#separator, position)) return undefined;
    return /^"((?:[^"\\]|\\.)*)":/s.exec(text.slice(from, from + 200))?.[1];
  }
}
