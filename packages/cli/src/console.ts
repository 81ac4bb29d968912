// console.ts: where the command speaks. Results go to `out`, everything about them to `error`.

export interface Console {
  /** Writes text as it is. Resolves when the reader can take more. */
  out(text: string): Promise<void>;
  error(text: string): void;
  /** Whether the reader of `out` has gone, as in `proofline query | head`. */
  readonly closed: boolean;
  readonly environment: ReadonlyMap<string, string>;
}

/** The process's own standard streams. */
export function standardConsole(environment: ReadonlyMap<string, string>): Console {
  let closed = false;
  // A reader that leaves is no error of ours; without a listener it would end the process with a stack trace.
  process.stdout.on("error", () => {
    closed = true;
  });
  process.stderr.on("error", () => {});
  return {
    out: (text) =>
      new Promise((resolve) => {
        if (closed || process.stdout.write(text)) resolve();
        else {
          const go = (): void => {
            process.stdout.off("drain", go).off("error", go);
            resolve();
          };
          process.stdout.on("drain", go).on("error", go);
        }
      }),
    error: (text) => void process.stderr.write(text),
    get closed() {
      return closed;
    },
    environment,
  };
}
