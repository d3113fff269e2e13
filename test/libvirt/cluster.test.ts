import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { PostgresCluster } from "../../components/libvirt/index.js";
import { parseEnvironment, type KvmEnvironmentInput } from "../../components/declaration/index.js";
import { kvmEnvironment } from "../fixtures/environment.js";
import { markedSecrets } from "../fixtures/secrets.js";
import { clearTexts, isSecret, only, record, reveal, type Recorded } from "./recorder.js";
import { access } from "./samples.js";

const COMMAND = "command:remote:Command";
const environment = parseEnvironment(kvmEnvironment());
const secrets = markedSecrets(environment);

describe("PostgresCluster", function () {
  this.timeout(60_000);
  let resources: Recorded[];

  before(async () => {
    resources = await record(() => new PostgresCluster("orders", { environment, access, secrets }));
  });

  const count = (type: string): number => resources.filter((resource) => resource.type === type).length;
  const command = (name: string): Recorded["inputs"] => only(resources, COMMAND, name).inputs;

  it("spans two hosts and the witness", () => {
    assert.equal(count("pulumi:providers:libvirt"), 3);
    assert.equal(count("libvirt:index/domain:Domain"), 3);
    assert.equal(count("libvirt:index/volume:Volume"), 9);
    // Three purposes and one for drills, a host.
    assert.equal(count("libvirt:index/network:Network"), 12);
    assert.equal(count("pgkeep:libvirt:InterfaceFilter"), 9);
    assert.equal(count("pgkeep:libvirt:GuestConfiguration"), 3);
    assert.equal(count("pgkeep:libvirt:HostAgent"), 3);
  });

  it("connects each host by SSH with key and known hosts", () => {
    const { inputs } = only(resources, "pulumi:providers:libvirt", "orders-host-b");
    const uri = new URL(String(inputs["uri"]));
    assert.deepEqual(
      [
        uri.protocol,
        uri.username,
        uri.hostname,
        uri.pathname,
        uri.searchParams.get("keyfile"),
        uri.searchParams.get("knownhosts"),
      ],
      ["qemu+ssh:", "root", "10.77.0.12", "/system", "/keys/deployer", "${HOME}/known_hosts"],
    );
  });

  it("gives every interface its network and filter", () => {
    for (const guest of ["pg-a1", "pg-b1", "w1"]) {
      const { xml } = only(resources, "libvirt:index/domain:Domain", `orders-${guest}`).inputs as {
        xml: { xslt: string };
      };
      for (const purpose of ["management", "client", "replication"]) {
        assert.ok(xml.xslt.includes(`<source network="pgkeep-orders-${purpose}"/>`));
        assert.ok(xml.xslt.includes(`<filterref filter="pgkeep-orders-${purpose}">`));
      }
    }
  });

  it("puts the environment, and nothing secret, into its own inputs for policies to judge", () => {
    const { inputs } = only(resources, "pgkeep:libvirt:PostgresCluster");
    assert.deepEqual(inputs["environment"], JSON.parse(JSON.stringify(environment)));
    assert.deepEqual(Object.keys(inputs).toSorted(), ["environment", "protect"]);
  });

  it("configures guests and hosts by secret standard input", () => {
    for (const guest of ["pg-a1", "pg-b1", "w1"]) {
      const { create, stdin } = command(`orders-${guest}-configuration`);
      assert.match(String(create), new RegExp(`^pgkeep guest apply --domain ${guest} --wait \\d+$`));
      assert.ok(isSecret(stdin), guest);
      assert.equal((JSON.parse(String(reveal(stdin))) as { format: string }).format, "pgkeep/guest-bundle/1");
    }
    for (const host of ["host-a", "host-b", "host-w"]) {
      const inputs = command(`orders-${host}-agent`);
      assert.deepEqual(
        [inputs["create"], inputs["delete"]],
        ["pgkeep host apply", "pgkeep host remove --environment test-kvm"],
      );
      assert.ok(isSecret(inputs["stdin"]), host);
    }
  });

  it("configures a guest again when its system disk is new, and only then", async () => {
    const inputs = async (change: (input: KvmEnvironmentInput) => void): Promise<unknown[]> => {
      const input = kvmEnvironment();
      change(input);
      const changed = parseEnvironment(input);
      const made = await record(
        () => new PostgresCluster("orders", { environment: changed, access, secrets }),
      );
      const { create, stdin } = only(made, COMMAND, "orders-w1-configuration").inputs;
      return [create, reveal(stdin)];
    };
    const before = await inputs(() => undefined);
    const changedImage = await inputs((input) => {
      input.kvm.image.path = "/srv/images/next.qcow2";
    });
    assert.notDeepEqual(changedImage, before);
    const biggerSystem = await inputs((input) => {
      input.cluster.sizing = { ...input.cluster.sizing, system: "64 GiB" };
    });
    assert.notDeepEqual(biggerSystem, before);
    // The machine is made anew, its disks stay: the guest is configured already.
    const tpm = await inputs((input) => {
      input.hardening = { ...input.hardening, tpm: input.hardening?.tpm !== true };
    });
    assert.deepEqual(tpm, before);
  });

  it("tells the hypervisor how large the disks with data are", () => {
    const disks = (guest: string): unknown =>
      (
        JSON.parse(String(reveal(command(`orders-${guest}-configuration`)["stdin"]))) as {
          disks: unknown;
        }
      ).disks;
    const { data, wal } = environment.cluster.sizing.disks;
    assert.deepEqual(disks("pg-a1"), [
      { target: "vdb", size: data },
      { target: "vdc", size: wal },
    ]);
  });

  it("lets no planted secret into any input in clear", () => {
    const planted = ["PLANTED", secrets.tsig ?? "", ...Object.values(secrets.passwords)];
    const clear = resources.map(
      ({ type, name, inputs }) => `${type} ${name} ${clearTexts(inputs).join("\n")}`,
    );
    for (const needle of planted) {
      const where = clear.filter((text) => text.includes(needle)).map((text) => text.split("\n")[0]);
      assert.deepEqual(where, [], needle);
    }
    // The search finds them where they are allowed.
    assert.ok(resources.some(({ inputs }) => JSON.stringify(inputs).includes("PLANTED")));
  });

  it("says where clients connect, and keeps the plan free of secrets", async () => {
    let endpoint: string | undefined;
    let plan: unknown;
    await record(() => {
      const cluster = new PostgresCluster("orders", { environment, access, secrets });
      plan = cluster.plan;
      return cluster.endpoint.apply((value) => (endpoint = value));
    });
    assert.equal(endpoint, "orders.db.example.org:5432");
    assert.ok(!JSON.stringify(plan).includes("PLANTED"));
  });

  it("names the address when it is one that follows the primary, and lets members use it", async () => {
    const input = kvmEnvironment();
    input.failover.redirect = { kind: "vip", address: "10.77.1.100" };
    let endpoint: string | undefined;
    const made = await record(() => {
      const cluster = new PostgresCluster("orders", {
        environment: parseEnvironment(input),
        access,
        secrets,
      });
      return cluster.endpoint.apply((value) => (endpoint = value));
    });
    assert.equal(endpoint, "10.77.1.100:5432");
    const style = (guest: string): string =>
      (only(made, "libvirt:index/domain:Domain", `orders-${guest}`).inputs as { xml: { xslt: string } }).xml
        .xslt;
    assert.ok(style("pg-a1").includes('value="10.77.1.100"'));
    assert.ok(!style("w1").includes('value="10.77.1.100"'));
  });

  it("takes secrets that are outputs", async () => {
    const made = await record(
      () => new PostgresCluster("orders", { environment, access, secrets: pulumi.output(secrets) }),
    );
    assert.ok(
      isSecret(only(made, COMMAND, "orders-host-a-agent").inputs["stdin"]),
      "an output becomes secret, too",
    );
  });
});
