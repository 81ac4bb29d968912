// expect.ts: `Expect: 100-continue`: the body is asked for when everything that can be said without it has been said. Node would ask at once.
// Source: RFC 9110 10.1.1.

import type { IncomingMessage, Server, ServerResponse } from "node:http";

/** Requests whose clients wait to be asked for the body. */
const waiting = new WeakMap<IncomingMessage, ServerResponse>();

export function holdExpectations(server: Server): void {
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    waiting.set(request, response);
    server.emit("request", request, response);
  });
  server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) => {
    const body = JSON.stringify({ code: 3, message: "the only expectation that is met is 100-continue" });
    response.writeHead(417, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      connection: "close",
    });
    response.end(body);
  });
}

/** Asks for the body, if its client waits for that. */
export function askForBody(request: IncomingMessage): void {
  waiting.get(request)?.writeContinue();
  waiting.delete(request);
}

/** The body will not be asked for: whether it comes all the same is unknown, so the connection ends with the answer. */
export function forgoBody(request: IncomingMessage): void {
  const response = waiting.get(request);
  if (response !== undefined) response.shouldKeepAlive = false;
}
