import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { fenceCommand, fenceSudoers } from "../../components/libvirt/text/fence-command.js";
import { hostCheckScript } from "../../components/libvirt/text/host-check-script.js";
import { polkitRules } from "../../components/libvirt/text/polkit-rules.js";
import { qemuHook } from "../../components/libvirt/text/qemu-hook.js";
import { authorizedKey, knownHosts } from "../../components/recovery/ssh-files.js";
import { FENCE } from "../../components/recovery/index.js";
import { hosts } from "./samples.js";

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe("texts for the hypervisor", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pgkeep-texts-"));
    mkdirSync(join(folder, "bin"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Makes a program that stands in for one of the hypervisor's. */
  function program(name: string, script: string): void {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }

  function shell(
    script: string,
    argv: readonly string[],
    env: Record<string, string> = {},
    input = "",
  ): Ended {
    const path = join(folder, "script");
    // The script sets its own PATH; ours comes before it.
    writeFileSync(path, script.replace("PATH=/usr/sbin", `PATH=${join(folder, "bin")}:/usr/sbin`));
    const { status, stdout, stderr } = spawnSync("sh", [path, ...argv], {
      encoding: "utf8",
      input,
      env: { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, ...env },
    });
    return { code: status, out: stdout, err: stderr };
  }

  describe("fence command", () => {
    const command = fenceCommand(["pg-a1", "pg-a2"]);

    it("passes only members of this hypervisor on, whatever the caller writes", () => {
      program("sudo", 'echo "sudo $*"');
      for (const request of ["pg-a1", "pgkeep-fence pg-a2"]) {
        const ended = shell(command, [], { SSH_ORIGINAL_COMMAND: request });
        assert.match(
          ended.out,
          new RegExp(`sudo -n /usr/local/sbin/pgkeep-fence --root ${request.split(" ").at(-1)}$`, "m"),
        );
      }
      for (const request of [
        "",
        " ",
        "pg-b1",
        "pg-a1 pg-a2",
        "pg-a1;reboot",
        "$(reboot)",
        "--root pg-a1",
        "pg-*",
        "a",
      ]) {
        const ended = shell(command, [], { SSH_ORIGINAL_COMMAND: request });
        assert.equal(ended.code, 3, `${JSON.stringify(request)}: ${ended.out}${ended.err}`);
        assert.match(ended.err, /^refused/);
        assert.equal(ended.out, "");
      }
      assert.equal(shell(command, [], {}).code, 3, "no command at all");
    });

    it("marks first, powers off, and ends with 0 only when the domain is off and marked", function () {
      if (process.getuid?.() !== 0) this.skip();
      const log = join(folder, "log");
      const virsh = (after: string, metadata = "exit 0"): void => {
        rmSync(join(folder, "off"), { force: true });
        writeFileSync(log, "");
        program(
          "virsh",
          `shift; echo "$*" >>${log}
case $1 in
domstate) [ -e ${folder}/off ] && echo "shut off" || echo running ;;
metadata) ${metadata} ;;
destroy) ${after} ;;
esac`,
        );
      };
      virsh(`touch ${folder}/off`);
      const good = shell(command, ["--root", "pg-a1"]);
      assert.deepEqual([good.code, good.out], [0, "fenced pg-a1\n"]);
      const steps = readFileSync(log, "utf8")
        .split("\n")
        .map((line) => line.split(" ")[0]);
      assert.ok(steps.indexOf("metadata") < steps.indexOf("destroy"), "the mark comes before the power-off");
      assert.match(
        readFileSync(log, "utf8"),
        new RegExp(`metadata pg-a1 ${FENCE.uri} --config --key ${FENCE.prefix} --set <state fenced='yes'/>`),
      );

      virsh("true");
      const running = shell(command, ["--root", "pg-a1"]);
      assert.equal(running.code, 1);
      assert.match(running.err, /not fenced: pg-a1 is not off/);

      virsh(`touch ${folder}/off`, "exit 1");
      const unmarked = shell(command, ["--root", "pg-a1"]);
      assert.equal(unmarked.code, 1);
      assert.match(unmarked.err, /could not be marked/);
    });

    it("is the only thing that the account may do as root", () => {
      assert.match(
        fenceSudoers(["pg-a1"]),
        /^pgkeep-fence ALL=\(root\) NOPASSWD: \/usr\/local\/sbin\/pgkeep-fence --root pg-a1$/m,
      );
    });
  });

  describe("qemu hook", () => {
    const marked = (value: string): string =>
      `<domain><metadata>\n<${FENCE.prefix}:state xmlns:${FENCE.prefix}="${FENCE.uri}"\n fenced="${value}"/></metadata></domain>`;

    it("refuses every way to start a marked domain and nothing else", () => {
      for (const operation of ["prepare", "migrate", "restore"]) {
        const refused = shell(qemuHook(), ["pg-a1", operation, "begin", "-"], {}, marked("yes"));
        assert.equal(refused.code, 1, operation);
        assert.match(refused.err, /pg-a1 is fenced.*pgkeep failback/);
        assert.equal(refused.out, "", "libvirt would read output as a definition");
        for (const free of [marked("no"), "<domain/>", ""]) {
          assert.equal(shell(qemuHook(), ["pg-a1", operation, "begin", "-"], {}, free).code, 0, free);
        }
      }
      for (const operation of ["start", "started", "stopped", "release", "reconnect"])
        assert.equal(
          shell(qemuHook(), ["pg-a1", operation, "begin", "-"], {}, marked("yes")).code,
          0,
          operation,
        );
    });
  });

  describe("polkit rules", () => {
    const roles = { auditors: ["audit"], backupOperators: ["backup"], recoveryOperators: ["dr"] };

    /** What the rules answer. */
    function answer(user: string, id: string, domain = "pg-a1"): string | undefined {
      type Rule = (
        action: { id: string; lookup: (key: string) => string },
        subject: { user: string },
      ) => string | undefined;
      const rules: Rule[] = [];
      const Result = { YES: "yes", NO: "no", NOT_HANDLED: undefined };
      runInNewContext(polkitRules(roles, ["pg-a1"], "deploy"), {
        polkit: { Result, addRule: (rule: Rule) => rules.push(rule) },
      });
      assert.equal(rules.length, 1);
      return rules[0]?.({ id, lookup: () => domain }, { user });
    }

    it("let auditors read and nothing else", () => {
      assert.equal(answer("audit", "org.libvirt.unix.monitor"), "yes");
      assert.equal(answer("audit", "org.libvirt.unix.manage"), "no");
      for (const right of ["connect.getattr", "connect.search-domains", "domain.read", "network.getattr"])
        assert.equal(answer("audit", `org.libvirt.api.${right}`), "yes", right);
      for (const right of ["domain.read-secure", "domain.start", "domain.snapshot", "storage-vol.delete"])
        assert.equal(answer("audit", `org.libvirt.api.${right}`), "no", right);
    });

    it("let operators do their work on domains of the environment only", () => {
      assert.equal(answer("backup", "org.libvirt.api.domain.snapshot"), "yes");
      assert.equal(answer("backup", "org.libvirt.api.domain.snapshot", "other"), "no");
      assert.equal(answer("backup", "org.libvirt.api.domain.start"), "no");
      assert.equal(answer("dr", "org.libvirt.api.domain.start"), "yes");
      assert.equal(answer("dr", "org.libvirt.api.domain.delete"), "no");
      // Rights that take a definition, or a part of one, would open every file of the hypervisor.
      for (const right of ["write", "save", "migrate", "open-device", "open-namespace"])
        for (const user of ["backup", "dr"])
          assert.equal(answer(user, `org.libvirt.api.domain.${right}`), "no", `${user} ${right}`);
      assert.equal(answer("dr", "org.libvirt.api.secret.read-secure"), "no");
    });

    it("let the account that deploys do everything, which has root already", () => {
      assert.equal(answer("deploy", "org.libvirt.unix.manage"), "yes");
      for (const right of ["domain.write", "network.save", "nwfilter.save", "storage-vol.create"])
        assert.equal(answer("deploy", `org.libvirt.api.${right}`, "other"), "yes", right);
      assert.equal(answer("deploy", "org.freedesktop.login1.reboot"), undefined);
    });

    it("leave root and everything that is not libvirt's alone, and refuse everybody else", () => {
      assert.equal(answer("root", "org.libvirt.api.domain.delete"), undefined);
      assert.equal(answer("audit", "org.freedesktop.login1.reboot"), undefined);
      assert.equal(answer("mallory", "org.libvirt.unix.monitor"), "no");
      assert.equal(answer("mallory", "org.libvirt.api.domain.read"), "no");
    });
  });

  it("host check names everything that is missing at once", () => {
    const requirements = {
      bridges: ["br-none"],
      files: ["/no/image"],
      image: "/no/image",
      systemDisk: 1,
      programs: ["no-such-program"],
      kvm: false,
      accessControl: true,
      absent: [folder],
    };
    const { code, err } = shell(hostCheckScript(hosts.root, requirements), ["create"]);
    assert.equal(code, 1);
    for (const part of [
      "bridge br-none does not exist",
      "/no/image does not exist",
      `${folder} exists already`,
      "pgkeep is not installed",
      "no-such-program is not installed",
    ])
      assert.ok(err.includes(part), `${part} in ${err}`);
    assert.ok(!shell(hostCheckScript(hosts.root, requirements), ["update"]).err.includes("exists already"));
  });

  it("known_hosts and authorized_keys bind keys to addresses and commands", () => {
    assert.equal(
      knownHosts([hosts.root, { ...hosts.operator, hostKey: "ssh-ed25519 AAAA" }]),
      `192.0.2.11 ${hosts.root.hostKey}\n[192.0.2.11]:2222 ssh-ed25519 AAAA\n`,
    );
    assert.equal(
      authorizedKey("ssh-ed25519 AAAA comment\n", ["192.0.2.1"], "/bin/x"),
      'restrict,from="192.0.2.1",command="/bin/x" ssh-ed25519 AAAA comment\n',
    );
  });
});
