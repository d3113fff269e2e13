import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { govcVCenter } from "../../../operations/adapters/govc-vcenter.js";
import { VCENTER_ACCOUNT, VCenterError } from "../../../operations/adapters/govc.js";
import { CommandError, type RunOptions, type Shell, type VCenter } from "../../../operations/ports/index.js";

/** What govc prints of an object: its properties as a list. */
const printed = (found: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.entries(found).map(([name, val]) => ({ name, op: "assign", val })));

const reference = (type: string, value: string): object => ({ type, value });

/** A disk two snapshots deep. */
const DISK = {
  key: 2000,
  deviceInfo: { label: "Hard disk 1", summary: "1,024 KB" },
  capacityInKB: 1024,
  backing: {
    fileName: "[ds] pg/pg-000002.vmdk",
    diskMode: "persistent",
    datastore: reference("Datastore", "datastore-1"),
    parent: { fileName: "[ds] pg/pg-000001.vmdk", parent: { fileName: "[ds] pg/pg.vmdk", parent: null } },
  },
};

const node = (id: string, children?: readonly object[]): object => ({
  snapshot: reference("VirtualMachineSnapshot", id),
  vm: reference("VirtualMachine", "vm-7"),
  name: `name of ${id}`,
  description: "text",
  createTime: "2031-01-01T02:02:29.345342219Z",
  quiesced: true,
  ...(children === undefined ? {} : { childSnapshotList: children }),
});

const MACHINE = {
  name: "pg-a1",
  "config.instanceUuid": "5000c29a-0000-4000-8000-000000000001",
  "runtime.powerState": "poweredOn",
  "guest.toolsRunningStatus": "guestToolsRunning",
  "runtime.consolidationNeeded": null,
  "config.hardware.device": { _value: [{ key: 200, busNumber: 0 }, DISK] },
  snapshot: {
    currentSnapshot: reference("VirtualMachineSnapshot", "snapshot-2"),
    rootSnapshotList: [node("snapshot-1", [node("snapshot-2"), node("snapshot-3")]), node("snapshot-4")],
  },
  "layoutEx.snapshot": {
    _value: [
      { key: reference("VirtualMachineSnapshot", "snapshot-1"), dataKey: 5, memoryKey: -1 },
      { key: reference("VirtualMachineSnapshot", "snapshot-3"), dataKey: 6, memoryKey: 7 },
    ],
  },
};

describe("vCenter through govc", () => {
  /** A vCenter whose govc answers as told, and the calls that were made. */
  const through = (
    answer: (args: readonly string[]) => string | CommandError,
    authorities?: string,
  ): { vcenter: VCenter; calls: (readonly string[])[]; options: (RunOptions | undefined)[] } => {
    const calls: (readonly string[])[] = [];
    const options: (RunOptions | undefined)[] = [];
    const run: Shell["run"] = (argv, given) => {
      if (argv[0] === "sh") return Promise.resolve({ code: 0, stdout: "", stderr: "" });
      calls.push(argv);
      options.push(given);
      const said = answer(argv.slice(argv.indexOf("govc") + 1));
      return typeof said === "string"
        ? Promise.resolve({ code: 0, stdout: said, stderr: "" })
        : Promise.reject(said);
    };
    const shell = { host: "ops-a", run } as unknown as Shell;
    return { vcenter: govcVCenter(shell, { server: "vc.example.org", authorities }), calls, options };
  };
  const failing = (code: number | undefined, stderr: string): CommandError =>
    new CommandError(
      "ops-a",
      ["govc"],
      code,
      stderr,
      code === undefined ? "did not end" : `ended with ${code}`,
    );

  it("reads a VM in one call: disks with their chains, the tree, what has memory", async () => {
    const { vcenter, calls } = through(() => printed(MACHINE));
    const machine = await vcenter.machine("VirtualMachine:vm-7");
    assert.equal(calls.length, 1);
    assert.equal(machine?.tools, true);
    assert.equal(machine.consolidationNeeded, false);
    assert.equal(machine.depth, 2);
    assert.deepEqual(
      machine.snapshots.map(({ id, memory, created }) => [id, memory, created]),
      ["1", "2", "3", "4"].map((n) => [`snapshot-${n}`, n === "3", Date.parse("2031-01-01T02:02:29.345Z")]),
    );
    assert.deepEqual(machine.disks, [
      {
        key: 2000,
        label: "Hard disk 1",
        file: "[ds] pg/pg-000002.vmdk",
        datastore: "Datastore:datastore-1",
        mode: "persistent",
        shared: false,
        passthrough: false,
        capacity: 1024 ** 2,
        depth: 2,
      },
    ]);
  });

  it("reads a VM without snapshots", async () => {
    const bare = { ...MACHINE, snapshot: null, "layoutEx.snapshot": { _value: null } };
    const { vcenter } = through(() => printed(bare));
    const machine = await vcenter.machine("VirtualMachine:vm-7");
    assert.deepEqual([machine?.snapshots, machine?.depth], [[], 0]);
  });

  it("knows raw devices and shared disks", async () => {
    const backing = { ...DISK.backing, compatibilityMode: "physicalMode", sharing: "sharingMultiWriter" };
    const found = { "config.hardware.device": { _value: [{ ...DISK, backing }] } };
    const [disk] = await through(() => printed(found)).vcenter.snapshotDisks("snapshot-1");
    assert.deepEqual([disk?.passthrough, disk?.shared], [true, true]);
  });

  it("reads a variable of a VM, and what is not set as nothing", async () => {
    const options = [
      {
        _typeName: "OptionValue",
        key: "sched.swap.derivedName",
        value: { _typeName: "string", _value: "/vmfs/x" },
      },
      { key: "guestinfo.pgkeep.checkpoint", value: "{}" },
      { key: "numa.autosize", value: 3 },
    ];
    const { vcenter } = through(() => printed({ "config.extraConfig": { _value: options } }));
    const read = (key: string): Promise<string | undefined> => vcenter.variable("VirtualMachine:vm-7", key);
    assert.equal(await read("guestinfo.pgkeep.checkpoint"), "{}");
    assert.equal(await read("sched.swap.derivedName"), "/vmfs/x");
    assert.equal(await read("numa.autosize"), "3");
    assert.equal(await read("guestinfo.other"), undefined);
    assert.equal(await through(() => printed({})).vcenter.variable("VirtualMachine:vm-7", "a"), undefined);
  });

  it("takes a path by its letters, though govc takes it for a pattern", async () => {
    const { vcenter, calls } = through(([command]) =>
      command === "find" ? JSON.stringify(["VirtualMachine:vm-7"]) : printed(MACHINE),
    );
    await vcenter.machine("/dc/vm/databases/pg[1]*");
    assert.deepEqual(calls[0]?.slice(-8), [
      ...["-i", "-type", "m", "-maxdepth", "1"],
      ...["/dc/vm/databases", "-name", "pg\\[1\\]\\*"],
    ]);
  });

  it("is given neither password nor user, whatever the environment of the caller holds", async () => {
    const { vcenter, calls } = through(() =>
      printed({ currentSession: { loginTime: "2031-01-01T00:00:00Z" } }),
    );
    assert.equal((await vcenter.now()).toISOString(), "2031-01-01T00:00:00.000Z");
    const variables = Object.fromEntries(
      (calls[0] ?? []).filter((word) => word.startsWith("GOVC_")).map((word) => word.split("=")),
    ) as Record<string, string>;
    assert.equal(variables["GOVC_URL"], "https://vc.example.org/sdk");
    assert.equal(variables["GOVC_USERNAME"], VCENTER_ACCOUNT.user);
    assert.equal(variables["GOVC_PASSWORD"], VCENTER_ACCOUNT.password);
    assert.equal(variables["GOVC_INSECURE"], "false");
    assert.equal(variables["GOVC_PERSIST_SESSION"], "false");
    for (const name of ["GOVC_TLS_KNOWN_HOSTS", "GOVC_DEBUG", "GOVC_VM"]) assert.equal(variables[name], "");
  });

  it("makes snapshots without memory, removes one by reference, each with time enough", async () => {
    const { vcenter, calls, options } = through(() => "", "/etc/pgkeep/ca.pem");
    const snapshot = { name: "n", description: "d", quiesce: true };
    await vcenter.createSnapshot("VirtualMachine:vm-7", snapshot);
    await vcenter.removeSnapshot("VirtualMachine:vm-7", "snapshot-9");
    const args = calls.map((argv) => argv.slice(argv.indexOf("govc") + 1).join(" "));
    assert.deepEqual(args, [
      "snapshot.create -json -vm VirtualMachine:vm-7 -m=false -q=true -d d n",
      "snapshot.remove -json -vm VirtualMachine:vm-7 snapshot-9",
    ]);
    // Freezing and thawing may take 15 minutes, merging hours.
    assert.deepEqual(
      options.map((given) => given?.timeout),
      [1200, 21600],
    );
    assert.ok(calls.every((argv) => argv.includes("GOVC_TLS_CA_CERTS=/etc/pgkeep/ca.pem")));
  });

  it("shows what runs or waits, not what has ended", async () => {
    const task = (state: string): object => ({
      descriptionId: `VirtualMachine.${state}`,
      state,
      reason: { userName: "ops" },
    });
    const tasks = ["queued", "running", "success", "error"].map(task);
    const { vcenter } = through(() => JSON.stringify({ tasks }));
    const expected = ["queued", "running"].map((state) => ({ what: `VirtualMachine.${state}`, user: "ops" }));
    assert.deepEqual(await vcenter.tasks("VirtualMachine:vm-7"), expected);
    assert.deepEqual(await through(() => JSON.stringify({ tasks: null })).vcenter.tasks("vm"), []);
  });

  const failures: readonly (readonly [
    code: number | undefined,
    said: string,
    problem: RegExp,
    remedy: RegExp,
  ])[] = [
    [
      1,
      "govc: ServerFaultCode: Cannot complete login due to an incorrect user name or password.",
      /does not accept the account/,
      /account's files/,
    ],
    [
      1,
      'govc: Post "https://vc/sdk": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      /certificate is not trusted/,
      /authorities/,
    ],
    [
      1,
      "govc: ServerFaultCode: Permission to perform this operation was denied.",
      /may not do this/,
      /role of snapshot operators/,
    ],
    [
      1,
      'govc: Post "https://vc/sdk": dial tcp 127.0.0.1:9: connect: connection refused',
      /does not answer/,
      /next run goes on/,
    ],
    [
      1,
      "govc: An error occurred while quiescing the virtual machine. See the virtual machine's event log for details.",
      /could not be quiesced/,
      /freeze scripts/,
    ],
    [1, "govc: Another task is already in progress.", /another task works on the VM/, /next run goes on/],
    [127, "env: ‘govc’: No such file or directory", /there is no govc on ops-a/, /install govc/],
    [undefined, "", /did not end within 1200 s/, /next run waits/],
    [1, "govc: something new", /govc snapshot.create failed \(govc: something new\)/, /tasks and events/],
  ];
  for (const [code, said, problem, remedy] of failures)
    it(`says what "${said.slice(0, 60)}" means, and what helps`, async () => {
      const { vcenter } = through(() => failing(code, said));
      const call = vcenter.createSnapshot("vm", { name: "n", description: "d", quiesce: true });
      await assert.rejects(call, (error: unknown) => {
        assert.ok(error instanceof VCenterError);
        assert.match(error.message, problem);
        assert.match(error.remedy ?? "", remedy);
        return true;
      });
    });

  it("refuses an answer that it does not understand, with the place in it", async () => {
    const broken = { ...MACHINE, "runtime.powerState": "asleep" };
    await assert.rejects(
      through(() => printed(broken)).vcenter.machine("VirtualMachine:vm-7"),
      /what govc says of VirtualMachine:vm-7 cannot be understood: runtime.powerState/,
    );
    await assert.rejects(through(() => "Usage: govc").vcenter.now(), /gave no JSON/);
  });
});
