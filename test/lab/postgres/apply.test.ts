import assert from "node:assert/strict";
import { cloudInit, GUEST_PATHS, type GuestBundle } from "../../../components/postgres/index.js";
import { parse } from "yaml";
import { planOf } from "../../postgres/build.js";
import { Sandbox } from "./sandbox.js";

/** What pgkeep-apply says. */
interface Answer {
  readonly changed: string[];
  readonly started: string[];
  readonly restarted: string[];
  readonly reloaded: string[];
  readonly stopped: string[];
  readonly error?: string;
}

/**
 * Stands in for systemctl where no systemd runs: remembers in /tmp/units what was started and enabled, and logs each call.
 * The lab's guests prove the same program on a real systemd.
 */
const SYSTEMCTL = `#!/usr/bin/python3
import json, os, sys
path = "/tmp/units.json"
units = json.load(open(path)) if os.path.exists(path) else {}
words = [word for word in sys.argv[1:] if not word.startswith("-")]
open("/tmp/calls", "a").write(" ".join(sys.argv[1:]) + "\\n")
verb, names = words[0], words[1:]
for name in names:
    unit = units.setdefault(name, {"active": "inactive", "file": "disabled"})
    if verb in ("start", "restart"): unit["active"] = "failed" if os.path.exists("/tmp/break-" + name) else "active"
    if verb == "enable": unit["file"] = "enabled"
    if verb == "disable": unit.update(active="inactive", file="disabled")
if verb == "show":
    print("\\n\\n".join("Id=%s\\nSubState=x\\nActiveState=%s\\nUnitFileState=%s" % (n, units[n]["active"], units[n]["file"]) for n in names))
json.dump(units, open(path, "w"))
`;

const SECRET = "PLANTED-secret-content";

function bundle(change: Partial<GuestBundle> = {}, content = "one"): GuestBundle {
  return {
    format: "pgkeep/guest-bundle/1",
    volumes: [],
    directories: [{ path: "/etc/demo", mode: "0750", owner: "postgres:postgres" }],
    files: [
      { path: "/etc/demo/config", mode: "0640", owner: "root:postgres", content },
      { path: "/etc/demo/key", mode: "0600", owner: "postgres:postgres", content: SECRET },
    ],
    commands: [{ name: "count", run: ["sh", "-c", "echo x >>/tmp/count"], watch: ["/etc/demo/config"] }],
    services: [
      {
        name: "demo.service",
        onChange: "reload",
        watch: ["/etc/demo/config"],
        restartOn: ["/etc/demo/key"],
        enable: true,
      },
    ],
    disabled: [],
    ...change,
  };
}

describe("pgkeep-apply", function () {
  this.timeout(600_000);
  let box: Sandbox;

  before(async () => {
    box = await Sandbox.open(17);
    await box.write("/usr/local/bin/systemctl", SYSTEMCTL, "0755");
    await box.write("/usr/bin/systemctl", SYSTEMCTL, "0755");
    const seed = parse(cloudInit(planOf(), "pg-a1").userData) as {
      write_files: { path: string; content: string; permissions: string }[];
    };
    for (const { path, content, permissions } of seed.write_files)
      await box.write(path, content, permissions);
  });

  after(() => box.close());

  async function apply(given: GuestBundle): Promise<Answer & { code: number }> {
    const outcome = await box.run([GUEST_PATHS.apply], { stdin: JSON.stringify(given) });
    assert.ok(!(outcome.stdout + outcome.stderr).includes(SECRET), "the answer holds a content");
    return { ...(JSON.parse(outcome.stdout) as Answer), code: outcome.code };
  }

  it("places files with owner and mode, runs commands, enables and starts units", async () => {
    const first = await apply(bundle());
    assert.equal(first.error, undefined);
    assert.deepEqual(first.changed, ["/etc/demo/config", "/etc/demo/key"]);
    assert.deepEqual(first.started, ["demo.service"]);
    const listed = await box.must([
      "stat",
      "-c",
      "%a %U %G %n",
      "/etc/demo",
      "/etc/demo/config",
      "/etc/demo/key",
    ]);
    assert.deepEqual(listed.trim().split("\n"), [
      "750 postgres postgres /etc/demo",
      "640 root postgres /etc/demo/config",
      "600 postgres postgres /etc/demo/key",
    ]);
    assert.equal(await box.must(["cat", "/etc/demo/config"]), "one");
  });

  it("does nothing the second time", async () => {
    const { changed, started, restarted, reloaded } = await apply(bundle());
    assert.deepEqual([changed, started, restarted, reloaded], [[], [], [], []]);
    assert.equal((await box.must(["cat", "/tmp/count"])).length, 2);
  });

  it("reloads for a watched file and restarts for one that a reload does not reach", async () => {
    const reloaded = await apply(bundle({}, "two"));
    assert.deepEqual(
      [reloaded.changed, reloaded.reloaded, reloaded.restarted],
      [["/etc/demo/config"], ["demo.service"], []],
    );
    const given = bundle({}, "two");
    const files = given.files.map((file) =>
      file.path.endsWith("key") ? { ...file, content: `${SECRET}2` } : file,
    );
    assert.deepEqual((await apply({ ...given, files })).restarted, ["demo.service"]);
  });

  it("puts back what was changed by hand: content, mode and owner", async () => {
    await box.must([
      "sh",
      "-c",
      "echo other >/etc/demo/config; chmod 0666 /etc/demo/key; chown root /etc/demo/key",
    ]);
    const healed = await apply(bundle({}, "two"));
    assert.deepEqual(healed.changed, ["/etc/demo/config", "/etc/demo/key"]);
    assert.equal((await box.must(["stat", "-c", "%a %U", "/etc/demo/key"])).trim(), "600 postgres");
  });

  it("finishes what a killed run left: the files are there, the reload is still owed", async () => {
    // The command ends the whole program when its mark is there, after the files were written and before any unit.
    await box.write("/tmp/die", "");
    const deadly = bundle(
      {
        commands: [
          {
            name: "die",
            run: ["sh", "-c", "test ! -e /tmp/die || kill -9 $PPID"],
            watch: ["/etc/demo/config"],
          },
        ],
      },
      "three",
    );
    const killed = await box.run([GUEST_PATHS.apply], { stdin: JSON.stringify(deadly) });
    assert.notEqual(killed.code, 0);
    assert.equal(await box.must(["cat", "/etc/demo/config"]), "three");
    await box.must(["rm", "/tmp/die"]);
    const next = await apply(deadly);
    assert.deepEqual([next.changed, next.reloaded], [[], ["demo.service"]]);
  });

  it("leaves no half-written file and clears the rest of a killed writer", async () => {
    await box.write("/etc/demo/.pgkeep-apply-abcdef", "half");
    await apply(bundle({}, "four"));
    assert.equal((await box.must(["ls", "-A", "/etc/demo"])).trim(), "config\nkey");
  });

  it("removes files and stops units that are no longer declared", async () => {
    const given = bundle({}, "four");
    const files = given.files.filter(({ path }) => path.endsWith("config"));
    const answer = await apply({ ...given, files, services: [], disabled: ["demo.service"] });
    assert.deepEqual([answer.changed, answer.stopped], [["/etc/demo/key"], ["demo.service"]]);
    assert.equal((await box.run(["test", "-e", "/etc/demo/key"])).code, 1);
  });

  it("fails with the unit's name when it does not start, and tries again the next time", async () => {
    await box.write("/tmp/break-demo.service", "");
    const failed = await apply(bundle({}, "five"));
    assert.equal(failed.code, 1);
    assert.match(failed.error ?? "", /demo\.service is failed/);
    await box.must(["rm", "/tmp/break-demo.service"]);
    assert.deepEqual((await apply(bundle({}, "five"))).started, ["demo.service"]);
  });

  it("stops before a unit when its check fails", async () => {
    const given = bundle({}, "six");
    const services = given.services.map((service) => ({
      ...service,
      checks: [["sh", "-c", "echo bad syntax; exit 3"]],
    }));
    const answer = await apply({ ...given, services });
    assert.match(answer.error ?? "", /demo\.service: sh ended with 3: bad syntax/);
    assert.deepEqual(answer.reloaded, []);
  });

  it("changes nothing in a guest whose interfaces carry other addresses than declared", async () => {
    // It waits for half a minute, as at a first start.
    await box.must([
      "sh",
      "-ec",
      "ip link add mgmt0 type veth peer name other0; ip addr add 10.77.0.101/24 dev mgmt0",
    ]);
    const network = (address: string): Partial<GuestBundle> => ({
      network: { interfaces: [{ device: "mgmt0", address }] },
    });
    const moved = await apply(bundle(network("10.77.0.9/24"), "other"));
    assert.match(moved.error ?? "", /mgmt0 has 10\.77\.0\.101\/24 and not 10\.77\.0\.9\/24 as declared/);
    assert.deepEqual(moved.changed, []);
    // One more address, as the one that follows the primary.
    await box.must(["sh", "-ec", "ip addr add 10.77.0.100/32 dev mgmt0"]);
    assert.equal((await apply(bundle(network("10.77.0.101/24"), "five"))).error, undefined);
  });

  it("never makes a file system where something is or was", async () => {
    const volumes = [{ device: "/tmp/disk", label: "pgdata", mountPoint: "/mnt" }];
    const make = (...words: string[]): string =>
      `truncate -s 256M /tmp/disk; mkfs.ext4 -q -F ${words.join(" ")} /tmp/disk`;
    const zeros = "dd if=/dev/zero of=/tmp/disk bs=64k count=1 conv=notrunc status=none";
    for (const [name, script] of Object.entries({
      "another label": make("-L", "other"),
      "a damaged superblock": `${make("-L", "pgdata")}; ${zeros}`,
    })) {
      await box.must(["sh", "-ec", script]);
      const before = await box.must(["sha256sum", "/tmp/disk"]);
      const { error } = await apply({ ...bundle({}, "five"), volumes });
      assert.match(error ?? "", /^\/tmp\/disk has no file system named pgdata and is not blank/, name);
      assert.equal(await box.must(["sha256sum", "/tmp/disk"]), before, name);
    }
    // Told from a blank one: there it goes on to make one, whose mount no systemd brings in a sandbox.
    await box.must(["sh", "-ec", "rm /tmp/disk; truncate -s 256M /tmp/disk"]);
    const given = JSON.stringify({ ...bundle({}, "five"), volumes });
    await box.run(["timeout", "30", GUEST_PATHS.apply], { stdin: given });
    assert.equal(
      (await box.must(["blkid", "-p", "-s", "LABEL", "-o", "value", "/tmp/disk"])).trim(),
      "pgdata",
    );
  });

  it("names an account that does not exist and never quotes a broken bundle", async () => {
    const given = bundle();
    const files = [{ path: "/etc/demo/x", mode: "0600", owner: "nobody-here:root", content: SECRET }];
    assert.match((await apply({ ...given, files })).error ?? "", /account nobody-here:root does not exist/);
    for (const text of [
      "not json " + SECRET,
      '{"format":"other"}',
      "[]",
      `{"format":"pgkeep/guest-bundle/1","files":"${SECRET}"}`,
    ]) {
      const outcome = await box.run([GUEST_PATHS.apply], { stdin: text });
      assert.equal(outcome.code, 1, text);
      assert.ok(!(outcome.stdout + outcome.stderr).includes(SECRET), text);
      assert.ok((JSON.parse(outcome.stdout) as Answer).error);
    }
  });

  it("hands over to a newer version of itself that comes with the bundle", async () => {
    const content = '#!/bin/sh\ncat >/dev/null\necho \'{"changed":["by the new one"]}\'\n';
    const files = [{ path: GUEST_PATHS.apply, mode: "0755", owner: "root:root", content }];
    assert.deepEqual((await apply({ ...bundle(), files })).changed, ["by the new one"]);
  });
});
