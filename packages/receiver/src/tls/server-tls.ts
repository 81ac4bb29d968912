// server-tls.ts: the certificate in force, and the servers that must learn of another one. Connections that are open keep theirs.

import type { SecureContextOptions } from "node:tls";
import type { TlsConfig } from "../config/config.ts";
import { isSameMaterial, readTlsMaterial, type TlsMaterial } from "./material.ts";

/** How long a connection may take to agree on a key. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Given to a server when it is made, and never changed after. */
export interface ClientCertificates {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

export class ServerTls {
  #config: TlsConfig;
  #material: TlsMaterial;
  readonly #servers: ((context: SecureContextOptions) => void)[] = [];

  private constructor(config: TlsConfig, material: TlsMaterial) {
    this.#config = config;
    this.#material = material;
  }

  /** @throws {TlsMaterialError} */
  static async open(config: TlsConfig): Promise<ServerTls> {
    return new ServerTls(config, await readTlsMaterial(config));
  }

  get material(): TlsMaterial {
    return this.#material;
  }

  get config(): TlsConfig {
    return this.#config;
  }

  get clientCertificates(): ClientCertificates {
    const requestCert = this.#config.clientCaFile !== undefined;
    return { requestCert, rejectUnauthorized: requestCert && this.#config.clientAuth === "require" };
  }

  /** @param replace is called with every later context */
  addServer(replace: (context: SecureContextOptions) => void): void {
    this.#servers.push(replace);
  }

  /** Puts a certificate in force for new connections. @returns whether it is another one than before */
  use(config: TlsConfig, material: TlsMaterial): boolean {
    const isNew = !isSameMaterial(this.#material, material);
    this.#config = config;
    this.#material = material;
    if (isNew) for (const replace of this.#servers) replace(material.context);
    return isNew;
  }
}
