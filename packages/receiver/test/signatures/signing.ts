// signing.ts: records signed as the Collector's `signing` processor documents it. The payload is written out by hand here, so that what is tested
// shares nothing with it.

import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { Double, emptyRecord, type LogRecord, type Value } from "@proofline/event";

export const ATTRIBUTES: readonly (readonly [string, Value])[] = [
  ["zeta", true],
  ["audit.actor.id", "ann"],
  ["big", 9223372036854775807n],
  ["count", 7],
  ["ratio", new Double(1)],
  ["digest", Uint8Array.of(0xde, 0xad)],
  ["list", ["a", 7, []]],
  [
    "map",
    new Map<string, Value>([
      ["b", "2"],
      ["a", null],
    ]),
  ],
  ["\ufb33", "hebrew"],
  ["😀", "smile"],
  ['quote"\n€', "tab\t/\u007f"],
];

/** Of the record below: RFC 8785 sorts by UTF-16 units, so that 😀 (U+D83D …) comes before U+FB33. */
export const PAYLOAD = [
  '{"attributes":{"audit.actor.id":{"stringValue":"ann"},"big":{"intValue":"9223372036854775807"},"count":{"intValue":"7"}',
  '"digest":{"bytesValue":"3q0="},"list":[{"stringValue":"a"},{"intValue":"7"},[]],"map":{"a":null,"b":{"stringValue":"2"}}',
  '"quote\\"\\n€":{"stringValue":"tab\\t/\u007f"},"ratio":{"doubleValue":1},"zeta":{"boolValue":true},"😀":{"stringValue":"smile"}',
  '"\ufb33":{"stringValue":"hebrew"}},"body":"paid","event_name":"invoice.paid","observed_timestamp":"1763719200000000002"',
  '"span_id":"051581bf3cb55c13","timestamp":"1763719200000000001","trace_id":"5b8aa5a2d2c872e8321cf37308d69df2"}',
].join(",");

export function unsigned(): LogRecord {
  return {
    ...emptyRecord(),
    event: "invoice.paid",
    time: 1763719200000000001n,
    observed: 1763719200000000002n,
    traceId: "5b8aa5a2d2c872e8321cf37308d69df2",
    spanId: "051581bf3cb55c13",
    severity: 9,
    flags: 1,
    body: "paid",
    attributes: new Map(ATTRIBUTES),
  };
}

/** @param certificate what stands as `audit.integrity.certificate` */
export function signed(value: Value, algorithm: Value, certificate?: Value, record: LogRecord = unsigned()): LogRecord {
  const reference: [string, Value][] = certificate === undefined ? [] : [["audit.integrity.certificate", certificate]];
  record.attributes.set("audit.integrity.value", value);
  const attributes = new Map<string, Value>([["audit.integrity.algorithm", algorithm], ...reference]);
  return { ...record, resource: { ...record.resource, attributes } };
}

export interface Signer {
  readonly algorithm: string;
  /** What the configuration's file holds. */
  readonly file: string;
  readonly sign: (payload: string) => string;
}

export function signers(): readonly Signer[] {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ed = generateKeyPairSync("ed25519");
  const secret = randomBytes(32);
  const pem = ({ publicKey }: { publicKey: KeyObject }): string => publicKey.export({ type: "spki", format: "pem" }).toString();
  const by =
    (digest: string | undefined, key: KeyObject, dsaEncoding: "der" | "ieee-p1363" = "der") =>
    (payload: string) =>
      sign(digest, Buffer.from(payload), { key, dsaEncoding }).toString("base64");
  return [
    { algorithm: "RS256", file: pem(rsa), sign: by("sha256", rsa.privateKey) },
    { algorithm: "RS512", file: pem(rsa), sign: by("sha512", rsa.privateKey) },
    { algorithm: "ES256", file: pem(ec), sign: by("sha256", ec.privateKey) },
    { algorithm: "ES256", file: pem(ec), sign: by("sha256", ec.privateKey, "ieee-p1363") },
    { algorithm: "EdDSA", file: pem(ed), sign: by(undefined, ed.privateKey) },
    {
      algorithm: "HMAC-SHA256",
      file: `${secret.toString("base64")}\n`,
      sign: (payload) => createHmac("sha256", secret).update(payload).digest("base64"),
    },
  ];
}
