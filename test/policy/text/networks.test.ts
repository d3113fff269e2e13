import assert from "node:assert/strict";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { isAnyAddress, isWorld } from "../../../policy/text/networks.js";

const ipv4 = fc.ipV4();
const length = fc.integer({ min: 0, max: 32 });

describe("networks that name the world", () => {
  it("are those with a prefix shorter than a declaration may have, however the width is written", () =>
    fc.assert(
      fc.property(ipv4, length, (address, prefix) => {
        const mask = ipaddr.IPv4.subnetMaskFromPrefixLength(prefix).toString();
        const wide = prefix < 8;
        assert.equal(isWorld(`${address}/${prefix}`), wide);
        assert.equal(isWorld(`${address}/${mask}`), wide);
        assert.equal(isWorld(address, mask), wide);
        const cidr = `${address}/${prefix}`;
        const last = ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString();
        assert.equal(isWorld(`${ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()}-${last}`), wide);
      }),
    ));

  it("of IPv6 begin below 16", () =>
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (address, prefix) =>
        assert.equal(isWorld(`${address}/${prefix}`), prefix < 16),
      ),
    ));

  it("have a mask with holes, but are no single address, name or variable", () => {
    assert.ok(isWorld("10.0.0.1", "0.255.255.255"));
    for (const each of ["0.0.0.0", "::", "$clients", "@clients", "db-1.example.org", "samenet", "", "-", "/"])
      assert.equal(isWorld(each), false, each);
    assert.equal(isWorld("10.0.0.1", "$MASK"), false);
  });

  it("are not read into anything else", () =>
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (network, mask) => {
        isWorld(network, mask);
        isAnyAddress(network);
      }),
    ));
});

describe("addresses that stand for all of a server's", () => {
  it("are the star and the unspecified ones", () => {
    for (const each of ["*", "0.0.0.0", "0", "::", "[::]", "0:0:0:0:0:0:0:0"])
      assert.ok(isAnyAddress(each), each);
    for (const each of ["10.0.0.1", "127.0.0.1", "::1", "localhost", ""])
      assert.ok(!isAnyAddress(each), each);
  });
});
