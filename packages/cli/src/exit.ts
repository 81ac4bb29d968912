// exit.ts: how the command ends. The codes are part of its contract: scripts and schedulers decide by them.

export const EXIT = {
  /** It holds, or was done. */
  ok: 0 as const,
  /** It does not hold: tampered, forked, rolled back, incomplete. */
  broken: 1 as const,
  /** It could not be checked or done: unreachable, unreadable, no key. */
  unknown: 2 as const,
  /** The call's words, or the configuration, are off; what should be made is there already, or has no place. EX_USAGE. */
  usage: 64 as const,
};
export type ExitCode = 0 | 1 | 2 | 64;

/** Ends the command with a message for a person. The message needs no prefix and no stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: ExitCode;
  constructor(code: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
