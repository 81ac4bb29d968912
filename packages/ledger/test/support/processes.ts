// processes.ts: a host with processes that start and end as a test says.

import type { Processes, ProcessIdentity } from "../../src/process-identity.ts";

export class FakeHost {
  readonly running = new Map<number, string>();
  readonly host: string;
  boot: string;
  #tokens = 0;
  #starts = 100;

  constructor(host = "host-a", boot = "boot-1") {
    this.host = host;
    this.boot = boot;
  }

  /** @param pid another one than those that are running; the lowest free one by default */
  start(pid?: number): Processes {
    let free = pid ?? 1;
    while (pid === undefined && this.running.has(free)) free++;
    const started = String(this.#starts++);
    this.running.set(free, started);
    const self: ProcessIdentity = { pid: free, host: this.host, boot: this.boot, started };
    return { self, startOf: (other) => this.running.get(other), token: () => `${this.host}-${this.#tokens++}`, held: new Set() };
  }

  end({ self }: Processes): void {
    this.running.delete(self.pid);
  }
}
