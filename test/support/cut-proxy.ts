// cut-proxy.ts: a TCP proxy whose network can be taken away: first answers no longer come back, then no connection stays or comes about.
// Knows nothing of what it carries.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

type Network = "whole" | "no answers" | "gone";

export class CutProxy {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  readonly #server: Server;
  readonly #target: { host: string; port: number };
  readonly #sockets = new Set<Socket>();
  #network: Network = "whole";

  private constructor(server: Server, target: string) {
    this.#server = server;
    const colon = target.lastIndexOf(":");
    this.#target = { host: target.slice(0, colon), port: Number(target.slice(colon + 1)) };
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (client) => this.#join(client));
  }

  /** @param target `host:port` */
  static async start(target: string): Promise<CutProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new CutProxy(server, target);
  }

  /** What is asked still arrives, what is answered is lost. */
  loseAnswers(): void {
    this.#network = "no answers";
  }

  /** Every connection breaks, and none comes about. */
  cut(): void {
    this.#network = "gone";
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#network = "whole";
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    if (this.#network === "gone") {
      client.destroy();
      return;
    }
    const server = connect(this.#target);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on("data", (bytes: Buffer) => server.write(bytes));
    server.on("data", (bytes: Buffer) => {
      if (this.#network === "whole") client.write(bytes);
    });
  }
}
