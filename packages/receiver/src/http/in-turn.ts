// in-turn.ts: how far a client may run ahead of its answers on one connection. Requests are handled beside each other and answered in
// order: one that asks on and never reads would otherwise keep every answer here. Knows no route.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Asked and not yet answered. Clients of OTLP wait for each answer. */
const MAX_UNANSWERED = 32;

/** Cuts connections that ask for more: what was not acknowledged is sent again. */
export function inTurn(handler: RequestListener): RequestListener {
  const unanswered = new WeakMap<Socket, number>();
  return (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    // Requests of one read are still handed on after the connection is gone.
    if (socket.destroyed) return;
    const before = unanswered.get(socket) ?? 0;
    if (before === MAX_UNANSWERED) {
      socket.destroy();
      return;
    }
    unanswered.set(socket, before + 1);
    response.once("close", () => unanswered.set(socket, unanswered.get(socket)! - 1));
    handler(request, response);
  };
}
