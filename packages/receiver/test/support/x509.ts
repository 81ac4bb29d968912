// x509.ts: certificates for tests, made as they are needed: no file of a certificate that one day ends lies in the project. A small writer of
// DER, enough for an authority and what it issues. Source: RFC 5280 4.1; ITU-T X.690.

import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export interface Issued {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export interface Authority extends Issued {
  /** @param names of the subject's alternative names: `DNS:…`, `URI:…`, `email:…`, `IP:127.0.0.1` */
  issue(o: {
    readonly common?: string;
    readonly names?: readonly string[];
    readonly fromMs?: number;
    readonly toMs?: number;
  }): Issued;
}

const DAY_MS = 86_400_000;
const SHA256_WITH_ECDSA = sequence(oid("1.2.840.10045.4.3.2"));

export function createAuthority(common: string): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const cert = certificate({ common, issuer: common, publicKey, signer: privateKey, isAuthority: true });
  return {
    ...pem(cert, privateKey),
    issue: (o) => {
      const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const bytes = certificate({
        common: "",
        ...o,
        issuer: common,
        publicKey: own.publicKey,
        signer: privateKey,
        isAuthority: false,
      });
      return pem(bytes, own.privateKey);
    },
  };
}

/** For `localhost` and 127.0.0.1. */
export function issueServer(authority: Authority, o: { fromMs?: number; toMs?: number } = {}): Issued {
  return authority.issue({ common: "localhost", names: ["DNS:localhost", "IP:127.0.0.1"], ...o });
}

interface Wanted {
  readonly common: string;
  readonly issuer: string;
  readonly names?: readonly string[];
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly isAuthority: boolean;
}

function certificate(o: Wanted): Buffer {
  const { names = [], fromMs = Date.now() - DAY_MS, toMs = Date.now() + 90 * DAY_MS } = o;
  const extensions = [
    extension("2.5.29.19", true, sequence(...(o.isAuthority ? [tagged(0x01, Buffer.of(0xff))] : []))),
    ...(names.length === 0 ? [] : [extension("2.5.29.17", false, sequence(...names.map(generalName)))]),
  ];
  const tbs = sequence(
    tagged(0xa0, integer(Buffer.of(2))), // version 3
    integer(Buffer.concat([Buffer.of(0x01), randomBytes(15)])),
    SHA256_WITH_ECDSA,
    nameOf(o.issuer),
    sequence(generalizedTime(fromMs), generalizedTime(toMs)),
    nameOf(o.common),
    createPublicKey(o.publicKey.export({ type: "spki", format: "pem" })).export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions)),
  );
  return sequence(tbs, SHA256_WITH_ECDSA, bitString(sign("sha256", tbs, o.signer)));
}

function pem(der: Buffer, key: KeyObject): Issued {
  const lines = der
    .toString("base64")
    .match(/.{1,64}/g)!
    .join("\n");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: key.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

function nameOf(common: string): Buffer {
  if (common === "") return sequence();
  return sequence(tagged(0x31, sequence(oid("2.5.4.3"), tagged(0x0c, Buffer.from(common)))));
}

function generalName(name: string): Buffer {
  const [, kind = "", value = ""] = /^(\w+):(.*)$/.exec(name)!;
  if (kind === "IP") return tagged(0x87, Buffer.from(value.split(".").map(Number)));
  return tagged({ email: 0x81, DNS: 0x82, URI: 0x86 }[kind]!, Buffer.from(value));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [tagged(0x01, Buffer.of(0xff))] : []), tagged(0x04, value));
}

function generalizedTime(ms: number): Buffer {
  return tagged(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "")}`));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const septets = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) septets.unshift((left & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return tagged(0x06, Buffer.from(bytes));
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function bitString(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.of(0), bytes]));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), value]);
}
