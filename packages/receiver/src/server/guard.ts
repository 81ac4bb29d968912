// guard.ts: what stands between the network and the log when the service starts: its certificate, and who may write.

import { Authenticator, type AuthenticatorOptions, showTokenProblem } from "../auth/authenticator.ts";
import type { Config } from "../config/config.ts";
import { TlsMaterialError } from "../tls/material.ts";
import { ServerTls } from "../tls/server-tls.ts";
import { StartError } from "./errors.ts";

/** @throws {StartError} BAD_TLS */
export async function openTls({ otlp }: Config): Promise<ServerTls | undefined> {
  try {
    return otlp.tls && (await ServerTls.open(otlp.tls));
  } catch (error) {
    if (!(error instanceof TlsMaterialError)) throw error;
    throw new StartError("BAD_TLS", error.message, { cause: error });
  }
}

/**
 * A start is told at once of a token's file that cannot be used: nothing is in force yet that could stand in for it.
 * @throws {StartError} BAD_TOKENS
 */
export async function openAuthenticator(
  { auth, log }: Config,
  onReading: AuthenticatorOptions["onReading"],
): Promise<Authenticator> {
  const authenticator = new Authenticator({ log, onReading });
  const reading = await authenticator.read(auth);
  const [problem] = reading.problems;
  if (problem !== undefined) throw new StartError("BAD_TOKENS", showTokenProblem(problem));
  authenticator.use(auth, reading);
  return authenticator;
}
