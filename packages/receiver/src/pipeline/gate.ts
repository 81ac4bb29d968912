// gate.ts: whether requests are accepted at this moment, and how many are under way. One state; the listeners only ask.

import { RequestError } from "../otlp/failure.ts";

/** `failed`: memory and disk may disagree; nothing is acknowledged any more, whatever was written. */
export type GateState = "starting" | "open" | "stopping" | "failed";

export type Room = { readonly ok: true } | { readonly ok: false; readonly freeBytes: number; readonly neededBytes: number };

export class Gate {
  readonly #room: () => Room;
  readonly #roomChanged: (room: Room) => void;
  #hadRoom = true;
  #state: GateState = "starting";
  #underWay = 0;
  #whenIdle: (() => void)[] = [];

  /** @param room the ledger's; asked before each request. `roomChanged` is told when its answer is another one than before */
  constructor(room: () => Room, roomChanged: (room: Room) => void) {
    this.#room = room;
    this.#roomChanged = roomChanged;
  }

  get state(): GateState {
    return this.#state;
  }

  /** `failed` is for good, and `stopping` ends in nothing else. */
  move(to: "open" | "stopping" | "failed"): void {
    if (this.#state === "failed" || (this.#state === "stopping" && to === "open")) return;
    this.#state = to;
  }

  /** Why a request that comes now is refused; undefined when it is not. */
  refusal(): RequestError | undefined {
    switch (this.#state) {
      case "starting":
        return new RequestError("stopping", "the receiver is starting");
      case "stopping":
        return new RequestError("stopping", "the receiver is stopping");
      case "failed":
        return new RequestError("not_durable", "the receiver cannot write and is going down");
      case "open": {
        const room = this.#room();
        if (room.ok !== this.#hadRoom) {
          this.#hadRoom = room.ok;
          this.#roomChanged(room);
        }
        if (room.ok) return undefined;
        return new RequestError(
          "no_room",
          `the ledger's disk is nearly full: ${room.freeBytes} bytes free, ${room.neededBytes} needed`,
        );
      }
    }
  }

  /** Runs a request that stopping waits for. */
  async hold<T>(request: () => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await request();
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
  }

  /** Resolves when no request is under way. */
  idle(): Promise<void> {
    return this.#underWay === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve));
  }
}
