// client-address.ts: who is at the other end, when proxies stand between. A forwarding header is believed only as far as it was written by
// proxies that the site trusts: everything before that, anybody may have made up. Source: RFC 7239; X-Forwarded-For as proxies write it.

import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIP } from "node:net";
import { AuditError } from "../errors.ts";

/** Finds the client's address. Cost: linear in the header, which Node limits. */
export type ClientAddress = (remote: string | undefined, headers: IncomingHttpHeaders) => string | undefined;

const LOOPBACK = ["127.0.0.0/8", "::1/128"];
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"];
const NAMED: Readonly<Record<string, readonly string[]>> = { loopback: LOOPBACK, private: [...LOOPBACK, ...PRIVATE] };

/**
 * @param trusted addresses, networks (`10.0.0.0/8`), `loopback`, `private`. None: the peer of the connection is the client
 * @throws {AuditError} INVALID_OPTION
 */
export function clientAddress(trusted: readonly string[]): ClientAddress {
  const isTrusted = oneOf(trusted, "PROOFLINE_TRUSTED_PROXIES");
  return (remote, headers) => {
    const peer = plain(remote);
    if (peer === undefined || trusted.length === 0) return peer;
    let client = peer;
    // From the nearest hop outwards: each is told by the one before, as long as that one is trusted.
    for (const hop of hops(headers).reverse()) {
      if (!isTrusted(client)) return client;
      const address = plain(hop);
      if (address === undefined) return client; // `unknown`, an obfuscated name, or nonsense: the last one that is known
      client = address;
    }
    return client;
  };
}

/**
 * @param words as {@link clientAddress}'s
 * @param setting named in the error
 * @returns whether an address is among them
 * @throws {AuditError} INVALID_OPTION
 */
export function oneOf(words: readonly string[], setting: string): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const word of words) for (const network of NAMED[word] ?? [word]) add(list, network, setting);
  return (address) => {
    const found = plain(address);
    return found !== undefined && list.check(found, isIP(found) === 6 ? "ipv6" : "ipv4");
  };
}

function add(list: BlockList, network: string, setting: string): void {
  const [address = "", bits, ...rest] = network.split("/");
  const version = isIP(address);
  const max = version === 6 ? 128 : 32;
  const prefix = bits === undefined ? max : Number(bits);
  if (version === 0 || rest.length > 0 || bits === "" || !Number.isInteger(prefix) || prefix < 0 || prefix > max)
    throw new AuditError(
      "INVALID_OPTION",
      `${setting}: ${JSON.stringify(network)} is not an address, a network such as 10.0.0.0/8, loopback or private`,
    );
  list.addSubnet(address, prefix, version === 6 ? "ipv6" : "ipv4");
}

/** The hops as the headers list them, the client first. `Forwarded` is the standard, so it wins. */
function hops(headers: IncomingHttpHeaders): string[] {
  const forwarded = [headers.forwarded ?? []].flat().join(",");
  if (forwarded !== "")
    return forwarded.split(",").flatMap((element) => {
      const pair = element.split(";").find((part) => /^\s*for\s*=/i.test(part));
      return pair === undefined ? [] : [pair.slice(pair.indexOf("=") + 1)];
    });
  const chain = [headers["x-forwarded-for"] ?? []].flat().join(",");
  return chain === "" ? [] : chain.split(",");
}

/** Without quotes, brackets, port and the IPv6 spelling of an IPv4 address; undefined when it is no address. */
function plain(text: string | undefined): string | undefined {
  let address = (text ?? "").trim().replace(/^"|"$/g, "");
  if (address.startsWith("[")) address = address.slice(1, address.indexOf("]"));
  else if (address.split(":").length === 2) address = address.slice(0, address.indexOf(":"));
  if (address.toLowerCase().startsWith("::ffff:") && isIP(address.slice(7)) === 4) address = address.slice(7);
  return isIP(address) === 0 ? undefined : address;
}
