// never-internal.ts: keeps grpc-js itself from answering INTERNAL or UNKNOWN. It says INTERNAL for a body that is not the gzip it
// claims to be, before any handler runs, and from below every interceptor, so the call's own sendStatus is wrapped.

import { ServerInterceptingCall, type ServerInterceptingCallInterface, type ServerInterceptor, status } from "@grpc/grpc-js";

type CallStatus = Parameters<ServerInterceptingCallInterface["sendStatus"]>[0];

export const neverInternal: ServerInterceptor = (_method, call) => {
  const send = call.sendStatus.bind(call);
  call.sendStatus = (sent) => send(replaced(sent));
  return new ServerInterceptingCall(call);
};

/** What the client did wrong is wrong for good; anything else may pass next time. */
function replaced(sent: CallStatus): CallStatus {
  if (sent.code !== status.INTERNAL && sent.code !== status.UNKNOWN) return sent;
  const details = sent.details ?? "";
  const byClient = /decompress|grpc-timeout|request message|deserializing/i.test(details);
  return byClient ? { ...sent, code: status.INVALID_ARGUMENT } : { ...sent, code: status.UNAVAILABLE };
}
