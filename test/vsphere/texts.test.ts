import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fenceCommand, fenceSudoers } from "../../components/vsphere/text/fence-command.js";
import { hostKeyScript } from "../../components/vsphere/text/host-key-script.js";
import { HOST_KEY } from "./vcenter.js";

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe("texts for the operations host", function () {
  this.timeout(60_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pgkeep-vsphere-texts-"));
    mkdirSync(join(folder, "bin"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Makes a program that stands in for a real one. */
  function program(name: string, script: string): void {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }

  function shell(script: string, argv: readonly string[], env = {}, input = ""): Ended {
    const { status, stdout, stderr } = spawnSync("sh", ["-c", script, "script", ...argv], {
      encoding: "utf8",
      input,
      env: { PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`, ...env },
    });
    return { code: status, out: stdout, err: stderr };
  }

  /** What govc prints about a VM with these variables. */
  function govcInfo(variables: Readonly<Record<string, string>>): string {
    const extraConfig = Object.entries(variables).map(([key, value]) => ({ key, value }));
    return JSON.stringify({ virtualMachines: [{ name: "pg-a1", config: { extraConfig } }] });
  }

  describe("reading a guest's host key", () => {
    const script = hostKeyScript({ vcenter: "vcenter-a.example.org", wait: 1, authorities: "/etc/ca.pem" });
    const login = "operations@example.org\nPLANTED-password\n";

    it("asks the declared vCenter as the given account, verified, and nothing secret is an argument", () => {
      const log = join(folder, "seen");
      writeFileSync(join(folder, "info"), govcInfo({ "guestinfo.pgkeep.hostkey": HOST_KEY }));
      program("govc", `echo "$*" >${log}; env | grep ^GOVC_ | sort >>${log}; cat ${join(folder, "info")}`);
      const { code, out, err } = shell(script, ["uuid-1"], {}, login);
      assert.deepEqual([code, out, err], [0, `${HOST_KEY}\n`, ""]);
      assert.deepEqual(readFileSync(log, "utf8").trim().split("\n"), [
        "vm.info -json -e -vm.uuid uuid-1",
        "GOVC_INSECURE=false",
        "GOVC_PASSWORD=PLANTED-password",
        "GOVC_PERSIST_SESSION=false",
        "GOVC_TLS_CA_CERTS=/etc/ca.pem",
        "GOVC_URL=https://vcenter-a.example.org/sdk",
        "GOVC_USERNAME=operations@example.org",
      ]);
    });

    it("reads what newer releases of govc write, too", () => {
      const wrapped = { _typeName: "string", _value: HOST_KEY };
      const extraConfig = [{ key: "guestinfo.pgkeep.hostkey", value: wrapped }];
      writeFileSync(join(folder, "info"), JSON.stringify({ virtualMachines: [{ config: { extraConfig } }] }));
      program("govc", `cat ${join(folder, "info")}`);
      assert.equal(shell(script, ["uuid-1"], {}, login).out, `${HOST_KEY}\n`);
    });

    it("waits until the guest has told it", () => {
      const first = join(folder, "first");
      program("sleep", `touch ${first}`);
      writeFileSync(join(folder, "info"), govcInfo({ "guestinfo.pgkeep.hostkey": HOST_KEY }));
      writeFileSync(join(folder, "without"), govcInfo({ "guestinfo.userdata": "x" }));
      program(
        "govc",
        `if [ -e ${first} ]; then cat ${join(folder, "info")}; else cat ${join(folder, "without")}; fi`,
      );
      const patient = hostKeyScript({ vcenter: "vcenter-a.example.org", wait: 60 });
      const { code, out } = shell(patient, ["uuid-1"], {}, login);
      assert.deepEqual([code, out], [0, `${HOST_KEY}\n`]);
      assert.ok(existsSync(first), "it came without waiting");
    });

    it("believes nothing but a key, and says what vCenter said", () => {
      program("sleep", "exec /bin/sleep 1");
      for (const told of ["", "ssh-rsa AAAA", `${HOST_KEY}\nroot`, "$(reboot)"]) {
        writeFileSync(join(folder, "info"), govcInfo({ "guestinfo.pgkeep.hostkey": told }));
        program("govc", `cat ${join(folder, "info")}`);
        const { code, out, err } = shell(script, ["uuid-1"], {}, login);
        assert.deepEqual([code, out], [1, ""], told);
        assert.match(err, /guest uuid-1 did not show its SSH host key in 1 s: no key was told/);
      }
      program("govc", "echo 'govc: permission denied' >&2; exit 1");
      const refused = shell(script, ["uuid-1"], {}, login);
      assert.equal(refused.code, 1);
      assert.match(refused.err, /govc: permission denied/);
      assert.ok(!refused.err.includes("PLANTED"));
    });
  });

  describe("fence command", () => {
    const members = [
      { name: "pg-a1", path: "/dc-a/vm/it's ours/pg-a1" },
      { name: "pg-a2", path: "/dc-a/vm/orders/pg-a2" },
    ];

    /** The command with its fixed places moved into the test's folder. */
    function command(): string {
      return fenceCommand(members, {
        vcenter: "vcenter-a.example.org",
        account: { user: "/secrets/user", password: "/secrets/password" },
        authorities: "/etc/ca.pem",
      })
        .replace("PATH=/usr/local/sbin", `PATH=${join(folder, "bin")}:/usr/local/sbin`)
        .replaceAll("/var/lib/pgkeep/state", join(folder, "state"))
        .replaceAll("/run/lock", join(folder, "lock"));
    }

    it("passes only members of this site on, whatever the caller writes", () => {
      program("sudo", 'echo "sudo $*"');
      for (const request of ["pg-a1", "pgkeep-fence pg-a2"])
        assert.equal(
          shell(command(), [], { SSH_ORIGINAL_COMMAND: request }).out,
          `sudo -n /usr/local/sbin/pgkeep-fence --root ${request.split(" ").at(-1)}\n`,
        );
      for (const request of [
        "",
        " ",
        "pg-b1",
        "pg-a1 pg-a2",
        "pg-a1;reboot",
        "$(reboot)",
        "--root pg-a1",
        "pg-*",
      ]) {
        const ended = shell(command(), [], { SSH_ORIGINAL_COMMAND: request });
        assert.deepEqual([ended.code, ended.out], [3, ""], request);
        assert.match(ended.err, /^refused/);
      }
    });

    it("marks first, powers off, and ends with 0 only when vCenter says that the VM is off", () => {
      program("id", "echo 0");
      program("sleep", "true");
      const log = join(folder, "log");
      const mark = join(folder, "state", "fenced", "pg-a1");
      const govc = (powerOff: string): void => {
        for (const path of ["off", "state/fenced/pg-a1"]) rmSync(join(folder, path), { force: true });
        writeFileSync(log, "");
        program(
          "govc",
          `echo "$* [$GOVC_URL $GOVC_USERNAME $GOVC_PASSWORD $GOVC_INSECURE $GOVC_TLS_CA_CERTS]" >>${log}
case $1 in
object.collect) [ -e ${folder}/off ] && echo poweredOff || echo poweredOn ;;
vm.power) [ -e ${mark} ] && { ${powerOff}; } ;;
esac`,
        );
      };
      govc(`touch ${folder}/off`);
      const good = shell(command(), ["--root", "pg-a1"]);
      assert.deepEqual([good.code, good.out], [0, "fenced pg-a1\n"], good.err);
      const how = "[https://vcenter-a.example.org/sdk /secrets/user /secrets/password false /etc/ca.pem]";
      assert.deepEqual(readFileSync(log, "utf8").trim().split("\n"), [
        `object.collect -s /dc-a/vm/it's ours/pg-a1 runtime.powerState ${how}`,
        `vm.power -off -force /dc-a/vm/it's ours/pg-a1 ${how}`,
        `object.collect -s /dc-a/vm/it's ours/pg-a1 runtime.powerState ${how}`,
      ]);

      writeFileSync(join(folder, "off"), "");
      assert.equal(shell(command(), ["--root", "pg-a1"]).out, "fenced pg-a1 (was off)\n");

      govc("true");
      const running = shell(command(), ["--root", "pg-a1"]);
      assert.deepEqual([running.code, running.out], [1, ""]);
      assert.match(running.err, /not fenced: vCenter does not say that pg-a1 is off/);

      program("govc", "echo 'govc: not found' >&2; exit 1");
      assert.equal(shell(command(), ["--root", "pg-a1"]).code, 1, "a VM that nobody sees is not fenced");
    });

    it("is the only thing that the account may do as root", () =>
      assert.match(
        fenceSudoers(members),
        /^pgkeep-fence ALL=\(root\) NOPASSWD: \/usr\/local\/sbin\/pgkeep-fence --root pg-a1, \/usr\/local\/sbin\/pgkeep-fence --root pg-a2$/m,
      ));
  });
});
