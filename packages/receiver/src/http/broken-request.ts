// broken-request.ts: what is said to a connection whose bytes are no HTTP request, or come too slowly to become one.

import type { Socket } from "node:net";

/** Answers and closes. A slow request may pass next time, so it is told 503: a 408 would make an exporter drop its records. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  // A handshake that failed: there is nobody whom an answer in clear text would help.
  const isTls = /^ERR_(SSL|TLS)/.test(error.code ?? "");
  if (isTls || error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, grpc, message } = answerFor(error.code);
  const body = JSON.stringify({ code: grpc, message });
  const retry = status.startsWith("503") ? "Retry-After: 1\r\n" : "";
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  socket.end(`${head}${retry}Connection: close\r\n\r\n${body}`);
}

function answerFor(code: string | undefined): { status: string; grpc: number; message: string } {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return { status: "503 Service Unavailable", grpc: 14, message: "the request came too slowly" };
  if (code === "HPE_HEADER_OVERFLOW")
    return { status: "431 Request Header Fields Too Large", grpc: 3, message: "the headers are too large" };
  return { status: "400 Bad Request", grpc: 3, message: "the bytes are not an HTTP/1.1 request" };
}
