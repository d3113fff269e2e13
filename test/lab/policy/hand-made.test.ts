import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Endpoint } from "../../../benchmark/endpoint.js";
import { changed } from "../../declaration/change.js";
import { COMPLIANT } from "../../policy/fixtures.js";
import { PulumiProgram } from "../toolchain/program.js";
import { made } from "./made.js";

const pack = join(__dirname, "..", "..", "..", "policy");

/** Raw resources of the real provider, as somebody writes them without our components. */
describe("policy pack on a stack made by hand", function () {
  this.timeout(600_000);
  const program = new PulumiProgram("by-hand");
  let libvirt: Endpoint;

  before(async () => {
    libvirt = await Endpoint.start(program.path);
  });
  after(async () => {
    await libvirt.stop();
    program.remove();
  });

  const careless = (uri: string): string => `
    const libvirt = require("@pulumi/libvirt");
    const provider = new libvirt.Provider("host", { uri: ${JSON.stringify(uri)} });
    const disk = new libvirt.Volume("data", { name: "data", pool: "default-pool", size: 1048576 }, { provider });
    new libvirt.Domain("pg", { name: "pg", memory: 16, type: "test", disks: [{ volumeId: disk.id }],
      networkInterfaces: [{ networkName: "default" }] }, { provider });`;

  it("is blocked in preview and update, by the rules that it breaks, and nothing is made", async () => {
    program.source(careless(libvirt.uri));
    for (const verb of [["preview"], ["up", "--yes"]]) {
      const { code, text } = await program.run(...verb, "--policy-pack", pack);
      assert.notEqual(code, 0, text);
      const broken = new Set([...text.matchAll(/\[mandatory\] +([a-z-]+) /g)].map(([, id]) => id));
      assert.deepEqual(
        [...broken].toSorted(),
        [
          "data-protected",
          "disks-separate",
          "display-closed",
          "hand-made-backup",
          "hand-made-drills",
          "hand-made-failover",
          "hand-made-repository",
          "hand-made-second-site",
          "hand-made-server",
          "interfaces-filtered",
          "machine-modern",
          "memory-reserved",
          "secure-boot",
          "volume-keeps-bitmaps",
          "volume-private",
        ],
        text,
      );
      assert.match(
        text,
        /\[advisory\] +secrets-are-secret .*\n.*not known during the preview: \.disks\[0\]\.volumeId/,
      );
    }
    assert.deepEqual(
      (await made(program)).filter((type) => type.startsWith("libvirt:")),
      [],
    );
  });

  it("passes when a careful person wrote it", async () => {
    const seed = `#cloud-config
write_files:
  - path: /etc/pgbackrest.conf
    content: |
      [global]
      repo1-host=backup.example.org
      repo1-cipher-type=aes-256-cbc
      repo1-retention-full=7
      # archive_command = pgbackrest --stanza=main archive-push %p
  - path: /etc/cron.d/pgkeep
    content: |
      0 1 * * * postgres pgbackrest --stanza=main backup
      0 4 * * * postgres pgbackrest --stanza=main verify --output=text --verbose
      0 5 1 * * root /usr/local/sbin/restore-drill
  - path: /etc/patroni/config.yml
    content: |
      watchdog: { mode: required }
      postgresql:
        parameters: { ssl: on, log_connections: on }
`;
    program.source(`
      const libvirt = require("@pulumi/libvirt");
      const uri = ${JSON.stringify(libvirt.uri)};
      for (const name of ["pg-a", "pg-b"]) {
        const provider = new libvirt.Provider(name, { uri });
        const options = { provider, protect: true };
        const volumes = ["system", "data", "wal"].map((purpose) => new libvirt.Volume(name + "-" + purpose,
          { ...${JSON.stringify(COMPLIANT.volume())}, name: name + "-" + purpose, pool: "default-pool", size: 1048576 }, options));
        const cloudinit = new libvirt.CloudInitDisk(name + "-seed", { name: name + "-seed", userData: ${JSON.stringify(seed)} }, { provider });
        new libvirt.Domain(name, { ...${JSON.stringify(COMPLIANT.domain())}, name, memory: 16, type: "test",
          disks: volumes.map(({ id }) => ({ volumeId: id })), cloudinit: cloudinit.id }, options);
      }`);
    const { code, text } = await program.run("preview", "--policy-pack", pack);
    assert.equal(code, 0, text);
    assert.doesNotMatch(text, /\[mandatory\]/);
    assert.match(text, /pgkeep-baseline@v/);
  });

  it("is judged beside a cluster of ours as without it, and exempted by the name of the stack's resource", async () => {
    const inner = `class PostgresCluster extends pulumi.ComponentResource {
        constructor(name, args) {
          super("pgkeep:libvirt:PostgresCluster", name, args);
          const vm = new pulumi.ComponentResource("pgkeep:libvirt:PostgresVm", name, {}, { parent: this });
          new libvirt.Domain("ours", { name: "ours", memory: 16, type: "test" }, { provider, parent: vm });
          new command.local.Command(name, { create: "pgbackrest backup # archive-push" }, { parent: this });
        }
      }
      new PostgresCluster("orders", { environment: ${JSON.stringify(changed([]))} });`;
    program.source(careless(libvirt.uri) + inner);
    const exemptions = [
      { resource: "by-hand-test", reason: "a single hypervisor for a test", expires: "2999-12-31" },
    ];
    const config = join(program.path, "policy-config.json");
    writeFileSync(config, JSON.stringify({ "hand-made-second-site": { exemptions } }));
    const { code, text } = await program.run(
      "preview",
      "--policy-pack",
      pack,
      "--policy-pack-config",
      config,
    );
    assert.notEqual(code, 0, text);
    assert.match(text, /nothing shows a WAL archive for pg\./);
    assert.match(
      text,
      /exempt until 2999-12-31, because: a single hypervisor for a test \(1 VM on one hypervisor\)/,
    );
  });
});
