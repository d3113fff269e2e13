import assert from "node:assert/strict";
import { parse } from "yaml";
import type { KvmEnvironmentInput } from "../../components/declaration/index.js";
import {
  dcsConfig,
  guestOf,
  hbaRules,
  memberTags,
  renderPatroniYml,
} from "../../components/postgres/index.js";
import { markedSecrets } from "../fixtures/secrets.js";
import { planOf, withVip } from "./build.js";

interface Yml {
  readonly bootstrap?: { readonly dcs: unknown; readonly initdb: unknown[]; readonly post_bootstrap: string };
  readonly restapi: Record<string, unknown>;
  readonly etcd3: { readonly hosts: string[]; readonly protocol: string };
  readonly watchdog: Record<string, unknown>;
  readonly postgresql: Record<string, unknown> & {
    readonly authentication: Record<string, Record<string, string>>;
  };
}

const yml = (name: string, change?: (input: KvmEnvironmentInput) => void): Yml => {
  const plan = planOf(change);
  return parse(renderPatroniYml(plan, markedSecrets(plan.environment), guestOf(plan, name))) as Yml;
};

describe("patroni.yml", () => {
  it("lets one member make the cluster, at the primary site, with checksums and the WAL on its own volume", () => {
    assert.equal(yml("pg-b1").bootstrap, undefined);
    const { bootstrap } = yml("pg-a1");
    assert.ok(bootstrap?.initdb.includes("data-checksums"));
    assert.deepEqual(bootstrap?.initdb.at(-1), { waldir: "/var/lib/pgwal/17" });
    assert.equal(bootstrap?.post_bootstrap, "/usr/local/sbin/pgkeep-roles");
    assert.deepEqual(bootstrap?.dcs, JSON.parse(JSON.stringify(dcsConfig(planOf()))));
  });

  it("speaks only to holders of a certificate, and keeps the superuser off the network", () => {
    const { restapi, etcd3, postgresql, watchdog } = yml("pg-a1");
    assert.equal(restapi["verify_client"], "required");
    assert.equal(restapi["listen"], "10.77.2.101:8008");
    assert.deepEqual(etcd3.hosts, ["10.77.2.101:2379", "10.77.2.102:2379", "10.77.2.103:2379"]);
    assert.equal(etcd3.protocol, "https");
    assert.deepEqual(postgresql.authentication["superuser"], { username: "postgres" });
    for (const name of ["replication", "rewind"])
      assert.equal(postgresql.authentication[name]?.["sslmode"], "verify-full");
    assert.equal(watchdog["mode"], "required");
  });

  it("listens on the address that follows the primary, too, and is known to peers by its own", () => {
    assert.equal(yml("pg-a1").postgresql["listen"], "10.77.1.101,10.77.2.101:5432");
    const { postgresql } = yml("pg-b1", withVip);
    assert.equal(postgresql["listen"], "10.77.1.102,10.77.2.102,10.77.1.100:5432");
    assert.equal(postgresql["connect_address"], "10.77.2.102:5432");
  });

  it("takes hba from the same function as the file", () => {
    const plan = planOf();
    const lines = yml("pg-a1").postgresql["pg_hba"] as string[];
    assert.equal(lines.length, hbaRules(plan, guestOf(plan, "pg-a1")).length);
  });

  it("fences when declared and never removes a diverged copy on its own", () => {
    assert.equal(yml("pg-a1").postgresql["pre_promote"], "/usr/local/sbin/pgkeep-fence-peer");
    assert.equal(
      yml("pg-a1", (input) => (input.failover.fencing = false)).postgresql["pre_promote"],
      undefined,
    );
    assert.equal(yml("pg-a1").postgresql["remove_data_directory_on_rewind_failure"], false);
    assert.equal(yml("pg-a1").postgresql["remove_data_directory_on_diverged_timelines"], false);
  });

  it("maps the replication modes", () => {
    const mode = (change: (input: KvmEnvironmentInput) => void): unknown[] => {
      const config = dcsConfig(planOf(change));
      return ["synchronous_mode", "synchronous_mode_strict", "synchronous_node_count"].map(
        (key) => config[key],
      );
    };
    assert.deepEqual(
      mode(() => undefined),
      [true, false, 1],
    );
    assert.deepEqual(
      mode((input) => (input.replication.strict = true)),
      [true, true, 1],
    );
    assert.deepEqual(
      mode((input) => (input.replication.mode = "quorum")),
      ["quorum", false, 1],
    );
    const async = (input: KvmEnvironmentInput): void => {
      input.replication.mode = "async";
      input.objectives.rpo = "1 min";
    };
    assert.deepEqual(mode(async), [false, false, 1]);
  });

  it("keeps what is acknowledged out of the primary's own site", () => {
    const plan = planOf((input) => {
      const added = ["pg-a2", "pg-b2"];
      input.cluster.members.push({ name: "pg-a2", site: "a" }, { name: "pg-b2", site: "b" });
      for (const [index, guest] of added.entries()) {
        const octet = 104 + index;
        input.kvm.addresses.push({
          guest,
          management: `10.77.0.${octet}`,
          client: `10.77.1.${octet}`,
          replication: `10.77.2.${octet}`,
        });
      }
      input.capacity = { site: "b", cpus: 16, memory: "64 GiB" };
    });
    const tags = Object.fromEntries(
      plan.guests
        .filter(({ kind }) => kind === "member")
        .map((guest) => [guest.name, memberTags(plan, guest)]),
    );
    assert.deepEqual(tags, {
      "pg-a1": { nosync: false, failover_priority: 100 },
      "pg-b1": { nosync: false, failover_priority: 50 },
      "pg-a2": { nosync: true, failover_priority: 10 },
      "pg-b2": { nosync: true, failover_priority: 10 },
    });
  });
});
