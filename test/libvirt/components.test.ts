import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  HostCheck,
  InterfaceFilter,
  IsolatedNetwork,
  PostgresVm,
  StoragePool,
} from "../../components/libvirt/index.js";
import { access, hosts, vmArgs } from "./samples.js";
import { isSecret, only, record, reveal } from "./recorder.js";

const DOMAIN = "libvirt:index/domain:Domain";
const VOLUME = "libvirt:index/volume:Volume";
const COMMAND = "command:remote:Command";

describe("components of one hypervisor", () => {
  it("StoragePool makes a directory pool of the given name and path", async () => {
    const resources = await record(() => new StoragePool("p", { name: "pgkeep", path: "/srv/pool" }));
    const { inputs } = only(resources, "libvirt:index/pool:Pool", "p");
    assert.deepEqual(
      [inputs["name"], inputs["type"], inputs["target"]],
      ["pgkeep", "dir", { path: "/srv/pool" }],
    );
    assert.deepEqual(only(resources, "pgkeep:libvirt:StoragePool").inputs["path"], "/srv/pool");
  });

  it("IsolatedNetwork bridges one purpose, or leads nowhere at all", async () => {
    const resources = await record(() => {
      new IsolatedNetwork("client", { name: "pgkeep-client", bridge: "br-client" });
      new IsolatedNetwork("drill", { name: "pgkeep-drill" });
    });
    const client = only(resources, "libvirt:index/network:Network", "client").inputs;
    assert.deepEqual([client["mode"], client["bridge"], client["autostart"]], ["bridge", "br-client", true]);
    const drill = only(resources, "libvirt:index/network:Network", "drill").inputs;
    assert.deepEqual([drill["mode"], drill["bridge"], drill["addresses"]], ["none", undefined, undefined]);
    assert.deepEqual([drill["dhcp"], drill["dns"]], [{ enabled: false }, { enabled: false }]);
  });

  it("InterfaceFilter gives the definition on stdin and forgets the filter when deleted", async () => {
    const xml = "<filter name='pgkeep-client'/>";
    const resources = await record(
      () => new InterfaceFilter("f", { host: hosts.root, access, name: "pgkeep-client", xml }),
    );
    const { inputs } = only(resources, COMMAND, "f");
    assert.equal(inputs["stdin"], xml);
    assert.match(String(inputs["create"]), /nwfilter-define/);
    assert.match(String(inputs["delete"]), /nwfilter-undefine pgkeep-client/);
  });

  it("InterfaceFilter refuses a name that a shell or libvirt would read differently", async () => {
    for (const name of ["", "A", "a b", "a;b", "$(x)", "1a"]) {
      const make = record(
        () => new InterfaceFilter("f", { host: hosts.root, access, name, xml: "<filter/>" }),
      );
      await assert.rejects(make, /is not usable; give lower-case letters/);
    }
  });

  it("connects with the declared host key and a key that stays secret", async () => {
    const resources = await record(
      () => new InterfaceFilter("f", { host: hosts.operator, access, name: "n", xml: "<filter/>" }),
    );
    const { connection, create } = only(resources, COMMAND).inputs;
    assert.ok(isSecret(connection), "the whole connection is secret");
    const { host, port, user, hostKey, privateKey } = reveal(connection) as Record<string, unknown>;
    assert.deepEqual(
      [host, port, user, hostKey],
      [hosts.operator.address, 2222, "deploy", hosts.operator.hostKey],
    );
    assert.equal(reveal(privateKey), access.privateKey);
    assert.match(String(create), /^sudo -n /, "another account than root acts through sudo");
  });

  it("HostCheck looks for files of ours only when the environment is made", async () => {
    const requirements = {
      bridges: ["br-client"],
      files: ["/img"],
      image: "/img",
      systemDisk: 1,
      programs: ["swtpm"],
      kvm: true,
      accessControl: true,
      absent: ["/srv/pool/a-data.qcow2"],
    };
    const resources = await record(() => new HostCheck("c", { host: hosts.root, access, requirements }));
    const { create, update, stdin } = only(resources, COMMAND).inputs;
    assert.deepEqual([create, update], ["sh -s -- create", "sh -s -- update"]);
    for (const text of ["br-client", "/img", "swtpm", "/dev/kvm", "access_drivers", "/srv/pool/a-data.qcow2"])
      assert.ok(String(stdin).includes(text));
  });
});

describe("PostgresVm", () => {
  const make = (change: Partial<ConstructorParameters<typeof PostgresVm>[1]> = {}) =>
    record(() => new PostgresVm("vm", { ...vmArgs(), ...change }));

  it("puts system, data and WAL on volumes of their own", async () => {
    const resources = await make();
    for (const [purpose, size] of Object.entries(vmArgs().sizing.disks)) {
      const { inputs } = only(resources, VOLUME, `vm-${purpose}`);
      assert.deepEqual(
        [inputs["name"], inputs["size"], inputs["format"], inputs["pool"]],
        [`pg-a1-${purpose}.qcow2`, size, "qcow2", "pgkeep"],
      );
      const { xslt } = inputs["xml"] as { xslt: string };
      assert.match(xslt, /<compat>1\.1<\/compat>/);
      assert.equal(
        xslt.includes("/srv/image.qcow2"),
        purpose === "system",
        "only the system disk overlays the image",
      );
    }
    const { disks } = only(resources, DOMAIN).inputs;
    assert.deepEqual(
      disks,
      ["system", "data", "wal"].map((purpose) => ({ volumeId: `vm-${purpose}-id` })),
    );
  });

  it("passes size, names and interfaces to the domain", async () => {
    const { inputs } = only(await make(), DOMAIN);
    assert.deepEqual(
      [
        inputs["name"],
        inputs["memory"],
        inputs["vcpu"],
        inputs["machine"],
        inputs["type"],
        inputs["autostart"],
      ],
      ["pg-a1", 2048, 2, "q35", "kvm", true],
    );
    assert.deepEqual(inputs["cpu"], { mode: "host-passthrough" });
    assert.deepEqual(inputs["networkInterfaces"], [
      { networkName: "net-management", mac: "52:54:00:00:00:0A" },
      { networkName: "net-client", mac: "52:54:00:01:00:0A" },
      { networkName: "net-replication", mac: "52:54:00:02:00:0A" },
    ]);
    assert.equal(inputs["cloudinit"], "vm-seed-id");
    const { xslt } = inputs["xml"] as { xslt: string };
    assert.match(xslt, /<filterref filter="flt">/);
    assert.match(xslt, /<locked\/>/);
  });

  it("emulates without claims on control groups or locked memory", async () => {
    const { inputs } = only(await make({ domainType: "qemu" }), DOMAIN);
    assert.deepEqual([inputs["type"], inputs["cpu"]], ["qemu", { mode: "maximum" }]);
    const { xslt } = inputs["xml"] as { xslt: string };
    assert.doesNotMatch(xslt, /cputune|<locked/);
  });

  it("boots by firmware with secure boot and TPM, or the kernel directly", async () => {
    const uefi = only(await make({ tpm: true }), DOMAIN).inputs;
    assert.deepEqual(
      [uefi["firmware"], uefi["nvram"]],
      ["/fw/code.fd", { file: "/srv/pool/pg-a1-variables.fd", template: "/fw/vars.fd" }],
    );
    assert.deepEqual(uefi["tpm"], {
      backendType: "emulator",
      backendVersion: "2.0",
      backendPersistentState: true,
    });
    assert.match((uefi["xml"] as { xslt: string }).xslt, /tpm-crb/);
    const boot = {
      kind: "direct",
      kernel: "/k",
      initrd: "/i",
      commandLine: "root=/dev/vda rw console=ttyS0",
    } as const;
    const direct = only(await make({ boot, secureBoot: false }), DOMAIN).inputs;
    assert.deepEqual(
      [direct["kernel"], direct["initrd"], direct["cmdlines"], direct["firmware"]],
      ["/k", "/i", [{ console: "ttyS0", root: "/dev/vda" }, { _: "rw" }], undefined],
    );
  });

  it("refuses contradictions, all at once", async () => {
    const boot = { kind: "direct", kernel: "/k", initrd: "/i", commandLine: "x" } as const;
    const sizing = { ...vmArgs().sizing, memory: 1, disks: { system: 513, data: 512, wal: 512 } };
    await assert.rejects(
      make({ boot, secureBoot: true, sizing }),
      /secureBoot: true needs firmware[^]*sizing\.memory: 1 B[^]*sizing\.disks\.system: 513 B/,
    );
  });

  it("never replaces a disk with data for a size, and the system disk yes", async () => {
    const ignored: Record<string, unknown> = {};
    await record(() => {
      const vm = new PostgresVm("vm", vmArgs(), {
        transformations: [
          ({ type, name, opts }) => {
            if (type === VOLUME) ignored[name] = opts.ignoreChanges;
            return undefined;
          },
        ],
      });
      return pulumi.output(vm.domainId);
    });
    assert.deepEqual(ignored, { "vm-system": [], "vm-data": ["size"], "vm-wal": ["size"] });
  });

  it("keeps data and VM by protection unless told otherwise", async () => {
    const protection = async (protect?: boolean): Promise<Record<string, unknown>> => {
      const seen: Record<string, unknown> = {};
      await record(() => {
        const vm = new PostgresVm(
          "vm",
          { ...vmArgs(), ...(protect === undefined ? {} : { protect }) },
          {
            transformations: [
              ({ type, opts }) => {
                seen[type] = opts.protect;
                return undefined;
              },
            ],
          },
        );
        return pulumi.output(vm.domainId);
      });
      return seen;
    };
    assert.equal((await protection())[DOMAIN], true);
    assert.equal((await protection())[VOLUME], true);
    assert.equal((await protection(false))[VOLUME], false);
  });
});
