// material.ts: certificate, key and client authorities from their files, and whether they can be used, found out before anything uses
// them. No error quotes a file's contents.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { TlsConfig } from "../config/config.ts";

/** What TLS servers are given. */
export interface TlsMaterial {
  readonly context: SecureContextOptions;
  readonly certificate: {
    /** Unix milliseconds. */
    readonly notBeforeMs: number;
    readonly notAfterMs: number;
    /** SHA-256 in hex, colons between. */
    readonly fingerprint: string;
    readonly subject: string;
  };
  /** Of the files' bytes: equal when nothing changed. */
  readonly bytes: readonly Buffer[];
}

/** Why the files cannot be used; names key and file. */
export class TlsMaterialError extends Error {
  override readonly name = "TlsMaterialError";
  readonly code = "BAD_TLS";
}

/** @throws {TlsMaterialError} and nothing else */
export async function readTlsMaterial(config: TlsConfig): Promise<TlsMaterial> {
  const cert = await read("otlp.tls.cert_file", config.certFile);
  const key = await read("otlp.tls.key_file", config.keyFile);
  const ca = config.clientCaFile === undefined ? undefined : await read("otlp.tls.client_ca_file", config.clientCaFile);
  const first = certificate("otlp.tls.cert_file", config.certFile, cert);
  if (!first.checkPrivateKey(privateKey(config.keyFile, key))) {
    throw new TlsMaterialError(`otlp.tls.key_file: ${config.keyFile} is not the key of the certificate in ${config.certFile}`);
  }
  if (ca !== undefined) certificate("otlp.tls.client_ca_file", config.clientCaFile!, ca);
  const context: SecureContextOptions = {
    cert,
    key,
    ...(ca === undefined ? {} : { ca }),
    minVersion: `TLSv${config.minVersion}`,
  };
  try {
    createSecureContext(context);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new TlsMaterialError(`otlp.tls.cert_file: ${config.certFile} cannot be used: ${text}`, { cause: error });
  }
  const { subject, fingerprint256: fingerprint, validFrom, validTo } = first;
  return {
    context,
    certificate: { notBeforeMs: Date.parse(validFrom), notAfterMs: Date.parse(validTo), fingerprint, subject },
    bytes: ca === undefined ? [cert, key] : [cert, key, ca],
  };
}

export function isSameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    a.context.minVersion === b.context.minVersion &&
    a.bytes.length === b.bytes.length &&
    a.bytes.every((bytes, i) => bytes.equals(b.bytes[i]!))
  );
}

async function read(key: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "error";
    const why = code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`;
    throw new TlsMaterialError(`${key}: ${path}: ${why}`, { cause: error });
  }
}

function certificate(key: string, path: string, pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new TlsMaterialError(`${key}: ${path} holds no certificate in PEM`, { cause: error });
  }
}

function privateKey(path: string, pem: Buffer): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch {
    // Its cause could say more of the key than it should.
    throw new TlsMaterialError(`otlp.tls.key_file: ${path} holds no private key in PEM that can be read without a passphrase`);
  }
}
