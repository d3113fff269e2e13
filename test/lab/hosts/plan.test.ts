import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detectAcceleration } from "../../../lab/hosts/acceleration.js";
import { linkPlan, siteLinkLines } from "../../../lab/hosts/network.js";
import { addressOf, hostsFile, node, NODES } from "../../../lab/hosts/topology.js";
import { parseOptions, parseTargets, sourceLines } from "../../../lab/images/archive.js";
import { removeOldImages } from "../../../lab/images/build.js";
import { guestPackages, imageKey } from "../../../lab/images/recipe.js";
import { cannotInstall, forbidServices, liftStale } from "../../../lab/packages.js";
import { identify, isAlive, ownIdentity } from "../../../lab/processes.js";

describe("lab: plans without a machine", () => {
  it("gives every address once, and every link name fits the kernel's 15 characters", () => {
    const addresses = NODES.flatMap(({ addresses: held }) =>
      Object.entries(held).flatMap(([purpose, lasts]) => lasts.map((last) => `${purpose}.${last}`)),
    );
    assert.equal(new Set(addresses).size, addresses.length);
    const names = linkPlan().flatMap(({ lines }) =>
      lines.flatMap((line) => /link add (\S+)/.exec(line)?.[1] ?? []),
    );
    assert.ok(names.length > 15);
    for (const name of names) assert.ok(name.length <= 15, name);
  });

  it("gives every bridge of a hypervisor an address of its own", () => {
    const hypervisors = linkPlan().filter(({ node }) => node.startsWith("host-"));
    const given = hypervisors.flatMap(({ lines }) =>
      lines
        .filter((line) => line.includes("type bridge"))
        .map((line) => / address (\S+) /.exec(line)?.[1] ?? ""),
    );
    assert.equal(given.length, 9);
    for (const address of given) assert.match(address, /^02(:[0-9a-f]{2}){5}$/);
    assert.equal(new Set(given).size, 9);
  });

  it("cuts all three purposes of one site and nothing else", () => {
    assert.deepEqual(siteLinkLines("a", false), [
      "link set a-mgmt down",
      "link set a-client down",
      "link set a-repl down",
    ]);
    const wan =
      linkPlan()
        .find((plan) => plan.node === "wan")
        ?.lines.join("\n") ?? "";
    for (const line of siteLinkLines("b", true))
      assert.ok(wan.includes(`link add ${line.split(" ")[2]} type veth`), line);
  });

  it("names an unknown node and the known ones", () => {
    assert.throws(() => node("host-x" as "host-a"), /no node host-x .*host-a.*ops/);
    assert.equal(addressOf("app-a", "management"), undefined);
    assert.match(hostsFile(), /^10\.77\.0\.11 host-a\.lab\.pgkeep\.test host-a$/m);
  });

  it("takes the archive from apt's own configuration", () => {
    const text = [
      "http://mirror.example/debian/|Debian|bookworm-updates",
      "http://mirror.example/debian/|Debian|bookworm",
      "http://mirror.example/security/|Debian|bookworm-security",
      "http://vendor.example/|Vendor|stable",
    ].join("\n");
    const found = parseTargets(text);
    assert.deepEqual(found, {
      main: "http://mirror.example/debian/",
      security: "http://mirror.example/security/",
    });
    assert.deepEqual(parseTargets("http://vendor.example/|Vendor|stable"), {
      main: undefined,
      security: undefined,
    });
    const archive = { main: "http://m/", security: "http://s/", keyring: "k", options: [] };
    assert.deepEqual(sourceLines(archive, "sid"), ["deb http://m/ sid main"]);
    assert.equal(sourceLines(archive, "trixie").length, 3);
  });

  it("keeps proxy and validity settings of apt, and nothing else", () => {
    const dump = [
      'Acquire::http::Proxy "http://proxy.example:3128";',
      'Acquire::https::Proxy "";',
      'Acquire::Check-Valid-Until "false";',
      'APT::Get::AllowUnauthenticated "true";',
      'Acquire::AllowInsecureRepositories "true";',
    ].join("\n");
    assert.deepEqual(parseOptions(dump), [
      'Acquire::http::Proxy "http://proxy.example:3128";',
      'Acquire::Check-Valid-Until "false";',
    ]);
  });

  it("keys an image by version and month", () => {
    const november = new Date("2026-11-05T00:00:00Z");
    assert.match(imageKey(17, november), /^pg17-2026-11-[0-9a-f]{12}$/);
    assert.equal(imageKey(17, november), imageKey(17, new Date("2026-11-29T23:00:00Z")));
    assert.notEqual(imageKey(17, november), imageKey(18, november));
    assert.ok(guestPackages(18).includes("postgresql-18-pgaudit"));
  });

  it("keeps the image in use and those of the last week", () => {
    const root = mkdtempSync(join(tmpdir(), "pgkeep-images-"));
    try {
      const now = new Date();
      const ages: Readonly<Record<string, number>> = {
        "pg17-now": 90,
        "pg17-week": 6,
        "pg17-old": 8,
        "pg18-old": 8,
        other: 90,
      };
      for (const [name, days] of Object.entries(ages)) {
        mkdirSync(join(root, name));
        const made = new Date(now.getTime() - days * 86_400_000);
        utimesSync(join(root, name), made, made);
      }
      removeOldImages(root, 17, "pg17-now", now);
      assert.deepEqual(readdirSync(root).sort(), ["other", "pg17-now", "pg17-week", "pg18-old"]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it("does not believe in KVM without the processor's extension", async () => {
    const dir = mkdtempSync(join(tmpdir(), "pgkeep-cpu-"));
    try {
      const info = join(dir, "cpuinfo");
      writeFileSync(info, "flags\t\t: fpu vme de vmmcall svm_lock\n");
      assert.equal(await detectAcceleration(info), "tcg");
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("tells a reused process number from the process that was recorded", () => {
    const own = ownIdentity();
    assert.ok(isAlive(own));
    assert.ok(!isAlive({ pid: own.pid, start: own.start - 1 }));
    assert.equal(identify(2 ** 22 + 1), undefined);
  });
});

describe("lab: packages", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "pgkeep-guard-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("forbids services while installing and leaves nothing", () => {
    const path = join(dir, "policy-rc.d");
    const lift = forbidServices(path);
    assert.match(readFileSync(path, "utf8"), /exit 101/);
    assert.equal(statSync(path).mode & 0o777, 0o755);
    lift();
    assert.ok(!existsSync(path));
  });

  it("gives back the rule that was there, also after a run that was killed", () => {
    const path = join(dir, "policy-rc.d");
    writeFileSync(path, "the machine's own");
    chmodSync(path, 0o700);
    forbidServices(path); // killed: never lifted
    forbidServices(path)();
    assert.equal(readFileSync(path, "utf8"), "the machine's own");
    assert.equal(statSync(path).mode & 0o777, 0o700);
    assert.ok(!existsSync(`${path}.pgkeep-saved`));
  });

  it("takes down what a killed run left, though nothing has to be installed, and nothing else", () => {
    const path = join(dir, "policy-rc.d");
    writeFileSync(path, "the machine's own");
    liftStale(path);
    assert.equal(readFileSync(path, "utf8"), "the machine's own");
    forbidServices(path);
    liftStale(path);
    assert.match(readFileSync(path, "utf8"), /exit 101/, "its run is alive");
    const { pid, start } = ownIdentity();
    writeFileSync(path, readFileSync(path, "utf8").replace(`${pid}-${start}`, `${pid}-${start - 1}`));
    liftStale(path);
    assert.equal(readFileSync(path, "utf8"), "the machine's own");
  });

  it("says in one sentence what to do by hand", () => {
    if (process.getuid?.() === 0) assert.equal(cannotInstall(["bind9"]), undefined);
    else assert.match(cannotInstall(["bind9"]) ?? "", /needs root.*bind9/);
  });
});
