// Specifies the parts of the HTTP audit that need no server: the client's address behind proxies, and the settings.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { clientAddress } from "../../src/http/client-address.ts";
import { incomingSettings } from "../../src/http/settings.ts";

describe("the client's address", () => {
  const direct = clientAddress([]);
  const behind = clientAddress(["10.0.0.0/8", "2001:db8::/32", "loopback"]);

  test("is the connection's peer when no proxy is trusted, whatever a header says", () => {
    assert.equal(direct("10.0.0.1", { "x-forwarded-for": "6.6.6.6" }), "10.0.0.1");
    assert.equal(direct("::ffff:10.0.0.1", {}), "10.0.0.1");
  });

  test("is the first one, from the nearest outwards, that is not a trusted proxy", () => {
    const found = (header: string, peer = "10.0.0.1") => behind(peer, { "x-forwarded-for": header });
    assert.equal(found("6.6.6.6, 203.0.113.9, 10.2.2.2"), "203.0.113.9");
    assert.equal(found("203.0.113.9:4711"), "203.0.113.9");
    assert.equal(found("10.3.3.3, 10.2.2.2"), "10.3.3.3");
    assert.equal(found("203.0.113.9", "203.0.113.77"), "203.0.113.77", "the peer itself is not trusted");
  });

  test("reads the standard header, with IPv6, before the other one", () => {
    const headers = { forwarded: 'for=203.0.113.9;proto=https, For="[2001:db8::7]:443"', "x-forwarded-for": "6.6.6.6" };
    assert.equal(behind("10.0.0.1", headers), "203.0.113.9");
    assert.equal(behind("10.0.0.1", { forwarded: 'for="[2a00::1]"' }), "2a00::1");
  });

  test("is the last known one where a hop is unknown or nonsense", () => {
    assert.equal(behind("10.0.0.1", { "x-forwarded-for": "203.0.113.9, unknown, 10.2.2.2" }), "10.2.2.2");
    assert.equal(behind("10.0.0.1", { forwarded: "for=_hidden" }), "10.0.0.1");
  });

  test("is an address or nothing, for any headers at all", () => {
    fc.assert(
      fc.property(fc.option(fc.string()), fc.string(), fc.string(), (peer, forwarded, chain) => {
        const found = behind(peer ?? undefined, { forwarded, "x-forwarded-for": chain });
        return found === undefined || /^[0-9a-fA-F:.%\w]+$/.test(found);
      }),
    );
  });
});

describe("the settings for incoming requests", () => {
  test("are all optional", () => {
    assert.deepEqual(incomingSettings({}), {
      methods: undefined,
      maxBodyBytes: undefined,
      trustedProxies: undefined,
      trustedCallers: undefined,
      echoRequestId: undefined,
    });
  });

  test("are refused with name, value and what was expected", () => {
    const refusal = (env: Record<string, string>, message: RegExp) => assert.throws(() => incomingSettings(env), message);
    refusal({ PROOFLINE_HTTP_METHODS: "POST,FETCH" }, /PROOFLINE_HTTP_METHODS: "FETCH" is not a method of HTTP/);
    refusal({ PROOFLINE_HTTP_MAX_BODY_BYTES: "-1" }, /PROOFLINE_HTTP_MAX_BODY_BYTES: "-1" is not a number of bytes/);
    refusal({ PROOFLINE_HTTP_ECHO_REQUEST_ID: "yes" }, /PROOFLINE_HTTP_ECHO_REQUEST_ID: "yes" is not on or off/);
    for (const network of ["10.0.0.0/33", "10.0.0", "10.0.0.0/", "::1/129", "10.0.0.0/8/8"])
      assert.throws(() => clientAddress([network]), /PROOFLINE_TRUSTED_PROXIES: ".*" is not an address, a network/, network);
  });
});
