// status.ts: the control plane's messages, as bytes and as JSON: google.rpc.Status, RetryInfo, ExportLogsServiceResponse.
// Records are decoded elsewhere, by hand; this is small and rare, so protobufjs does it. Source: googleapis rpc/status.proto.

import protobuf from "protobufjs";
import type { Failure } from "./failure.ts";

const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

const root = protobuf.Root.fromJSON({
  nested: {
    Status: {
      fields: {
        code: { type: "int32", id: 1 },
        message: { type: "string", id: 2 },
        details: { rule: "repeated", type: "Any", id: 3 },
      },
    },
    Any: { fields: { typeUrl: { type: "string", id: 1 }, value: { type: "bytes", id: 2 } } },
    RetryInfo: { fields: { retryDelay: { type: "Duration", id: 1 } } },
    Duration: { fields: { seconds: { type: "int64", id: 1 }, nanos: { type: "int32", id: 2 } } },
    ExportLogsServiceResponse: { fields: { partialSuccess: { type: "ExportLogsPartialSuccess", id: 1 } } },
    ExportLogsPartialSuccess: {
      fields: { rejectedLogRecords: { type: "int64", id: 1 }, errorMessage: { type: "string", id: 2 } },
    },
  },
});
const statusType = root.lookupType("Status");
const retryInfoType = root.lookupType("RetryInfo");
const responseType = root.lookupType("ExportLogsServiceResponse");

/** All was accepted: no `partial_success`, so zero bytes. */
export const SUCCESS_PROTOBUF: Uint8Array = responseType.encode({}).finish();
export const SUCCESS_JSON = "{}";

/** google.rpc.Status as protobuf; with RetryInfo when trying again is of use. Also the value of `grpc-status-details-bin`. */
export function encodeStatus({ grpc, message, retryAfterSeconds }: Failure): Uint8Array {
  return statusType
    .encode({ code: grpc, message, details: retryAfterSeconds === undefined ? [] : [retryInfo(retryAfterSeconds)] })
    .finish();
}

/** google.rpc.Status in protobuf's JSON mapping. */
export function formatStatus({ grpc, message, retryAfterSeconds }: Failure): string {
  const status = { code: grpc, message };
  if (retryAfterSeconds === undefined) return JSON.stringify(status);
  return JSON.stringify({ ...status, details: [{ "@type": RETRY_INFO, retryDelay: `${retryAfterSeconds}s` }] });
}

/** The message of a google.rpc.Status in protobuf; "" when the bytes are none. */
export function readStatusMessage(bytes: Uint8Array): string {
  try {
    return String((statusType.toObject(statusType.decode(bytes)) as { message?: string }).message ?? "");
  } catch {
    return "";
  }
}

function retryInfo(seconds: number): { typeUrl: string; value: Uint8Array } {
  return { typeUrl: RETRY_INFO, value: retryInfoType.encode({ retryDelay: { seconds } }).finish() };
}

/** What an ExportLogsServiceResponse says was rejected; undefined when nothing was said. @throws when the bytes are none */
export function decodePartialSuccess(bytes: Uint8Array): { rejected: number; message: string } | undefined {
  const { partialSuccess } = responseType.toObject(responseType.decode(bytes), { longs: Number, defaults: true }) as {
    partialSuccess?: { rejectedLogRecords: number; errorMessage: string } | null;
  };
  if (partialSuccess === undefined || partialSuccess === null) return undefined;
  return { rejected: partialSuccess.rejectedLogRecords, message: partialSuccess.errorMessage };
}

/** The message of a google.rpc.Status, and the wait that a RetryInfo in it asks for. @throws when the bytes are none */
export function decodeStatus(bytes: Uint8Array): { message: string; retryAfterMs: number | undefined } {
  const { message, details } = statusType.toObject(statusType.decode(bytes), { defaults: true, arrays: true }) as {
    message: string;
    details: { typeUrl: string; value: Uint8Array }[];
  };
  const found = details.find(({ typeUrl }) => typeUrl === RETRY_INFO);
  if (found === undefined) return { message, retryAfterMs: undefined };
  const { retryDelay } = retryInfoType.toObject(retryInfoType.decode(found.value), { longs: Number, defaults: true }) as {
    retryDelay?: { seconds: number; nanos: number } | null;
  };
  return { message, retryAfterMs: (retryDelay?.seconds ?? 0) * 1000 + Math.ceil((retryDelay?.nanos ?? 0) / 1e6) };
}
