import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnvironment } from "../../components/declaration/index.js";
import { hostBundle } from "../../components/libvirt/host-bundle.js";
import { HOST_PATHS, recoveryPlan, type HostBundle } from "../../components/recovery/index.js";
import { applyHostBundle, removeHost } from "../../operations/host/apply.js";
import { withOurLines } from "../../operations/host/place.js";
import { hostSystem } from "../../operations/host/system.js";
import { kvmEnvironment } from "../fixtures/environment.js";
import { markedSecrets } from "../fixtures/secrets.js";

const environment = parseEnvironment(kvmEnvironment());
const plan = recoveryPlan(environment);
const secrets = markedSecrets(environment);

/** All files below a folder with mode and content. */
function snapshot(root: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(root.length)] =
      `${(statSync(path).mode & 0o777).toString(8)} ${readFileSync(path, "utf8")}`;
  }
  return files;
}

describe("what a hypervisor is given", () => {
  const bundle = (host: string): HostBundle => hostBundle(plan, host, secrets);
  const paths = (host: string): string[] => bundle(host).files.map(({ path }) => path);

  it("plan, keys and rules stand on every hypervisor, passwords only where drills run", () => {
    for (const host of ["host-a", "host-b", "host-w"]) {
      for (const path of [HOST_PATHS.plan, HOST_PATHS.knownHosts, HOST_PATHS.operationsKey, HOST_PATHS.tsig])
        assert.ok(paths(host).includes(path), `${path} on ${host}`);
      assert.equal(paths(host).includes(HOST_PATHS.passwords), host === "host-w");
    }
  });

  it("rules on libvirt know the account that deploys there", () => {
    const input = kvmEnvironment();
    const [host] = input.kvm.hosts;
    if (host !== undefined) host.user = "deploy";
    const other = hostBundle(recoveryPlan(parseEnvironment(input)), "host-a", secrets);
    for (const [found, account] of [
      [bundle("host-a"), "root"],
      [other, "deploy"],
    ] as const)
      assert.ok(
        found.files.some(
          ({ path, content }) =>
            path.endsWith("60-pgkeep.rules") && content.includes(`var pgkeepDeployer = "${account}";`),
        ),
        account,
      );
  });

  it("fencing stands where members run", () => {
    for (const host of ["host-a", "host-b"]) assert.ok(paths(host).includes(HOST_PATHS.fenceCommand));
    assert.ok(!paths("host-w").includes(HOST_PATHS.fenceCommand), "the witness is never fenced");
    assert.deepEqual(bundle("host-w").accounts, []);
    const key = bundle("host-a").authorizedKeys.find(({ account }) => account === "pgkeep-fence");
    assert.match(
      key?.lines.join() ?? "",
      /^restrict,from="10\.77\.0\.101,10\.77\.0\.102",command="\/usr\/local\/sbin\/pgkeep-fence" ssh-ed25519 AAAA fencing/,
    );
  });

  it("no secret stands in a file that others may read, and the plan holds none", () => {
    for (const host of ["host-a", "host-b", "host-w"]) {
      for (const { path, mode, content } of bundle(host).files) {
        if (!content.includes("PLANTED") && !content.includes(secrets.tsig ?? "-")) continue;
        assert.equal(mode, "0600", path);
        assert.match(path, /^\/etc\/pgkeep\/secrets\//);
      }
    }
  });

  it("units follow the declared jobs", () => {
    const { timers } = bundle("host-a");
    assert.deepEqual(timers, ["pgkeep-snapshot-pg-a1.timer", "pgkeep-replicate-pg-a1.timer"]);
    const unit = (name: string): string =>
      bundle("host-a").files.find(({ path }) => path.endsWith(name))?.content ?? "";
    assert.match(unit("snapshot-pg-a1.timer"), /OnCalendar=\*-\*-\* 02:00:00 UTC/);
    assert.match(unit("snapshot-pg-a1.service"), /ExecStart=\/usr\/bin\/env pgkeep snapshot pg-a1/);
  });

  it("a missed run is made up for, but never a drill that would kill the primary at any time", () => {
    const units = ["host-a", "host-b", "host-w"].flatMap((host) => bundle(host).files);
    const late = units
      .filter(({ content }) => content.includes("\nPersistent=no\n"))
      .map(({ path }) => path.split("/").at(-1));
    assert.deepEqual(late, ["pgkeep-drill-failover.timer", "pgkeep-drill-site.timer"]);
    for (const { path, content } of units.filter(({ path }) => path.endsWith(".timer")))
      assert.equal(content.match(/^Persistent=(yes|no)$/gm)?.length, 1, path);
  });

  it("systemd accepts every unit", function () {
    if (spawnSync("systemd-analyze", ["--version"]).status !== 0) this.skip();
    const folder = mkdtempSync(join(tmpdir(), "pgkeep-units-"));
    try {
      const units = ["host-a", "host-b", "host-w"]
        .flatMap((host) => bundle(host).files)
        .filter(({ path }) => path.startsWith("/etc/systemd/"));
      const written = units.map(({ path, content }) => {
        const file = join(folder, path.split("/").at(-1) ?? "");
        writeFileSync(file, content);
        return file;
      });
      const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...written], {
        encoding: "utf8",
      });
      const complaints = stderr.split("\n").filter((line) => line.includes(folder));
      assert.deepEqual(complaints, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("pgkeep host apply and remove", () => {
  let root: string;
  const system = () => hostSystem(root);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "pgkeep-host-"));
    mkdirSync(join(root, "etc"));
    mkdirSync(join(root, "root/.ssh"), { recursive: true });
    writeFileSync(
      join(root, "etc/passwd"),
      "root:x:0:0::/root:/bin/sh\npgkeep-fence:x:9:9::/var/lib/pgkeep/fence:/bin/sh\n",
    );
    writeFileSync(join(root, "root/.ssh/authorized_keys"), "ssh-ed25519 AAAA mine\n");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("places everything, and a second run changes nothing", async () => {
    const first = await applyHostBundle(system(), hostBundle(plan, "host-a", secrets));
    assert.ok(first.changed.includes(HOST_PATHS.plan));
    assert.deepEqual(
      JSON.parse(readFileSync(join(root, HOST_PATHS.plan), "utf8")),
      JSON.parse(JSON.stringify(plan)),
    );
    assert.equal(statSync(join(root, HOST_PATHS.operationsKey)).mode & 0o777, 0o600);
    assert.equal(statSync(join(root, HOST_PATHS.fenceCommand)).mode & 0o777, 0o755);
    const keys = readFileSync(join(root, "root/.ssh/authorized_keys"), "utf8");
    assert.match(
      keys,
      /^ssh-ed25519 AAAA mine\n# pgkeep: begin[^]*from="10\.77\.0\.12,10\.77\.0\.13"[^]*# pgkeep: end\n$/,
    );
    const before = snapshot(root);
    const second = await applyHostBundle(system(), hostBundle(plan, "host-a", secrets));
    assert.deepEqual([second.changed, second.removed], [[], []]);
    assert.deepEqual(snapshot(root), before);
  });

  it("removes what is no longer declared, and remove leaves nothing of ours", async () => {
    const untouched = snapshot(root);
    const full = hostBundle(plan, "host-a", secrets);
    await applyHostBundle(system(), full);
    const timer = "pgkeep-replicate-pg-a1.timer";
    const smaller = {
      ...full,
      files: full.files.filter(({ path }) => !path.includes("replicate")),
      timers: full.timers.filter((name) => name !== timer),
    };
    const { removed } = await applyHostBundle(system(), smaller);
    assert.ok(removed.includes(timer));
    assert.ok(!existsSync(join(root, "etc/systemd/system", timer)));
    await removeHost(system(), environment.name);
    assert.deepEqual(snapshot(root), untouched);
  });

  it("finishes or undoes what a killed run left", async () => {
    const full = hostBundle(plan, "host-a", secrets);
    const untouched = snapshot(root);
    // Killed while files were placed: the record is there, half of the files are not.
    const broken = {
      ...full,
      files: [...full.files.slice(0, 4), { path: "/etc/passwd/impossible", mode: "0600", content: "x" }],
    };
    await assert.rejects(applyHostBundle(system(), broken));
    await applyHostBundle(system(), full);
    assert.ok(existsSync(join(root, HOST_PATHS.fenceCommand)));
    await removeHost(system(), environment.name);
    assert.deepEqual(snapshot(root), untouched);
  });

  it("does not take a hypervisor from another environment", async () => {
    const full = hostBundle(plan, "host-a", secrets);
    await applyHostBundle(system(), full);
    await assert.rejects(
      applyHostBundle(system(), { ...full, environment: "other" }),
      /belongs to environment test-kvm/,
    );
    await assert.rejects(removeHost(system(), "other"), /belongs to environment test-kvm, not to other/);
  });

  it("keeps what others wrote in authorized_keys", () => {
    assert.equal(withOurLines("a\n", []), "a\n");
    const ours = withOurLines("a\n\n", ["k1\n", "k2"]);
    assert.equal(
      withOurLines(ours, ["k3"])
        .split("\n")
        .filter((line) => line.startsWith("k"))
        .join(),
      "k3",
    );
    assert.equal(withOurLines(`${ours}b\n`, []), "a\n\nb\n".replace("\n\n", "\n"));
  });
});
