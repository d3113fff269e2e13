import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { domainStyle, type DomainStyle } from "../../../components/libvirt/text/domain-style.js";
import { styleSheet } from "../../../components/libvirt/text/style-sheet.js";
import { volumeStyle } from "../../../components/libvirt/text/volume-style.js";
import { compose, element } from "../../../components/libvirt/text/xml.js";

const GOLDEN = join(__dirname, "golden");
/** Writes the golden files anew; look at the difference before committing it. */
const REWRITE = process.env["PGKEEP_REWRITE_GOLDEN"] === "1";

/** What xsltproc, which the provider calls, makes of the provider's XML. */
function transform(input: string, sheet: string): string {
  const folder = mkdtempSync(join(tmpdir(), "pgkeep-xslt-"));
  try {
    const path = join(folder, "sheet.xsl");
    writeFileSync(path, sheet);
    return execFileSync("xsltproc", [path, "-"], {
      encoding: "utf8",
      input,
      stdio: ["pipe", "pipe", "pipe"],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function assertGolden(name: string, actual: string): void {
  const path = join(GOLDEN, name);
  if (REWRITE) writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, "utf8"), name);
}

const style: DomainStyle = {
  uuid: "7d3c1f9e-0000-8000-8000-000000000001",
  disks: ["system", "data", "wal"].map((purpose, i) => ({
    target: `vd${"abc"[i]}`,
    path: `/srv/pool/pg-a1-${purpose}.qcow2`,
    serial: purpose,
  })),
  interfaces: [
    { mac: "52:54:00:00:00:0a", network: "net-management" },
    {
      mac: "52:54:00:01:00:0a",
      network: "net-client",
      filter: "pgkeep-client",
      parameters: [
        { name: "IP", value: "192.0.2.1" },
        { name: "IP", value: "192.0.2.9" },
      ],
    },
    { mac: "52:54:00:02:00:0a", network: "net-replication" },
  ],
  secureBoot: true,
  tpm: true,
  lockMemory: true,
  cpuShares: 4096,
  cpuSet: "2-5",
};

describe("style sheets", function () {
  this.timeout(60_000);
  const domain = readFileSync(join(GOLDEN, "domain-provider.xml"), "utf8");
  const volume = readFileSync(join(GOLDEN, "volume-provider.xml"), "utf8");

  it("make the domain that production declares", () => {
    assertGolden("domain-production.xml", transform(domain, domainStyle(style)));
  });

  it("make the domain that an emulated laboratory declares", () => {
    const plain = {
      ...style,
      secureBoot: false,
      tpm: false,
      lockMemory: false,
      cpuShares: undefined,
      cpuSet: undefined,
    };
    assertGolden("domain-emulated.xml", transform(domain, domainStyle(plain)));
  });

  it("make volumes of compatibility 1.1 that nobody else reads, over the image when there is one", () => {
    assertGolden("volume-data.xml", transform(volume, volumeStyle()));
    assertGolden("volume-system.xml", transform(volume, volumeStyle({ image: "/srv/image.qcow2" })));
  });

  it("keep to the letter: the same declaration gives the same text", () => {
    assert.equal(domainStyle(style), domainStyle(structuredClone(style)));
    assertGolden("domain-production.xsl", domainStyle(style));
  });

  it("write every text as it is: braces, quotes, angle brackets and ampersands", () => {
    // Printable ASCII; control characters are no XML.
    const text = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    });
    fc.assert(
      fc.property(text, (value) => {
        const sheet = styleSheet([{ match: "/a", append: [element("b", { c: value })] }]);
        const made = transform("<a/>", sheet);
        assert.ok(made.includes(compose(element("b", { c: value })).trim()), made);
      }),
      { numRuns: 15 },
    );
  });
});
