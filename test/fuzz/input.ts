// input.ts: what a fuzzer makes, and the sound record that stands beside what it makes.

import { encodeMessage, messageType } from "../support/otlp.ts";

/**
 * `record`: the envelope is sound, and one record of three is not; the others are the neighbour. `envelope`: one ResourceLogs
 * of three is not; the neighbour stands in the others. `anything`: no promise.
 */
export type InputKind = "record" | "envelope" | "anything";

export interface Input {
  readonly encoding: "protobuf" | "json";
  readonly kind: InputKind;
  readonly seed: number;
  readonly body: Uint8Array;
}

const attributes = { "audit.record.id": "neighbour", "audit.actor.id": "ann", note: 'naïve ☃ \u0000 "quoted"' };

/** A whole audit record in both encodings. */
export const NEIGHBOUR: { readonly protobuf: Uint8Array; readonly json: string } = {
  protobuf: encodeMessage(messageType("logs.v1.LogRecord"), {
    timeUnixNano: "1795209243123456789",
    severityNumber: 9,
    eventName: "invoice.approved",
    body: { kvlistValue: { values: [{ key: "amount", value: { doubleValue: 12.5 } }] } },
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    traceId: Buffer.from("5b8aa5a2d2c872e8321cf37308d69df2", "hex"),
    flags: 1,
  }),
  json: JSON.stringify({
    timeUnixNano: "1795209243123456789",
    severityNumber: 9,
    eventName: "invoice.approved",
    body: { kvlistValue: { values: [{ key: "amount", value: { doubleValue: 12.5 } }] } },
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    traceId: "5b8aa5a2d2c872e8321cf37308d69df2",
    flags: 1,
  }),
};
