import assert from "node:assert/strict";
import { join } from "node:path";
import {
  decide,
  decideLogin,
  derivedInput,
  derivedModel,
  modelProblems,
  type Login,
  type Packet,
} from "../../../components/access/index.js";
import { PORTS } from "../../../components/postgres/index.js";
import { recoveryPlan, type RecoveryPlan } from "../../../components/recovery/index.js";
import { DeployedAccess } from "../../../operations/access/deployed.js";
import { readEnvironment } from "../../../operations/declaration-file.js";
import { addressesOf, CALLS } from "./packets.js";

/*
 * The model is tied to what is deployed: the texts that the shipped environments really get are judged by the evaluators, and
 * agree with the model that is derived from the same plan, for every pair of addresses and every port that means something.
 */

const ROOT = join(__dirname, "..", "..", "..");

const SHIPPED: Readonly<Record<string, () => RecoveryPlan>> = {
  "kvm-dev": () => planOf("kvm-dev"),
  "kvm-prod": () => planOf("kvm-prod"),
  "lab-kvm": () => planOf("lab-kvm"),
  "vmware-dev": () => planOf("vmware-dev"),
  "vmware-prod": () => planOf("vmware-prod"),
  "kvm-prod with an address that follows the primary": () => {
    const plan = planOf("kvm-prod");
    const { environment } = plan;
    const redirect = { kind: "vip", address: "198.51.100.99", routerId: 51 } as const;
    return { ...plan, environment: { ...environment, failover: { ...environment.failover, redirect } } };
  },
};

function planOf(stack: string): RecoveryPlan {
  return recoveryPlan(readEnvironment(join(ROOT, `Pulumi.${stack}.yaml`)));
}

/** Packets with a guest on one side at least. */
function* packetsOf(plan: RecoveryPlan, deployed: DeployedAccess): Generator<Packet> {
  const addresses = addressesOf(plan);
  for (const from of addresses)
    for (const to of addresses) {
      const [one, other] = [deployed.interfaceOf(from), deployed.interfaceOf(to)];
      // A machine's own connections never leave it.
      if ((one === undefined && other === undefined) || one?.guest === other?.guest) continue;
      for (const [protocol, port] of CALLS)
        yield {
          from: { address: from },
          to: { address: to },
          protocol,
          ...(port === undefined ? {} : { port }),
        };
    }
}

describe("access of the shipped environments", function () {
  this.timeout(60_000);
  for (const [name, make] of Object.entries(SHIPPED)) {
    describe(name, () => {
      const plan = make();
      const model = derivedModel(plan, PORTS);
      const deployed = new DeployedAccess(plan);

      it("has a model without contradictions", () => {
        assert.deepEqual(modelProblems(derivedInput(plan, PORTS)), []);
      });

      it("lets packets through as the model says: nftables exactly, nwfilter never less", () => {
        let cases = 0;
        let allowed = 0;
        for (const packet of packetsOf(plan, deployed)) {
          const said = decide(model, packet).verdict === "allow";
          const judged = deployed.judge(packet);
          const passes = (target: string): boolean =>
            judged.every((each) => each.target !== target || each.verdict === "accept");
          cases++;
          if (said) allowed++;
          const words = (): string => JSON.stringify({ packet, judged });
          assert.equal(passes("nftables"), said, words());
          assert.ok(!said || passes("nwfilter"), words());
        }
        if (process.env["PGKEEP_FIGURES"] === "1")
          console.log(`        ${cases} packets, ${allowed} of them allowed`);
        assert.ok(cases > 8000 && allowed > 400, `${cases} ${allowed}`);
      });

      it("admits logins as the model says", () => {
        let cases = 0;
        let permitted = 0;
        const members = plan.guests.filter(({ kind }) => kind === "member");
        for (const { addresses } of members)
          for (const to of [addresses.client, addresses.replication])
            for (const from of addressesOf(plan)) {
              const packet: Packet = {
                ...{ from: { address: from }, to: { address: to }, protocol: "tcp", port: PORTS.postgres },
              };
              if (deployed.interfaceOf(from)?.guest === deployed.interfaceOf(to)?.guest) continue;
              const passes = deployed.passes(packet);
              for (const login of loginsOf(plan)) {
                const said = decideLogin(model, packet, login).verdict === "allow";
                const admitted = passes && deployed.judgeLogin(packet, login)?.verdict === "accept";
                cases++;
                if (said) permitted++;
                assert.equal(admitted, said, JSON.stringify({ from, to, login }));
              }
            }
        if (process.env["PGKEEP_FIGURES"] === "1")
          console.log(`        ${cases} logins, ${permitted} of them permitted`);
        assert.ok(cases > 1000 && permitted > 20, `${cases} ${permitted}`);
      });
    });
  }
});

function* loginsOf({ environment }: RecoveryPlan): Generator<Login> {
  const { cluster } = environment;
  const roles = [
    ...cluster.roles.map(({ name }) => name),
    "replicator",
    "rewind",
    "backup",
    "maint",
    "postgres",
  ];
  const databases = [...cluster.databases.map(({ name }) => name), "postgres", "template1"];
  for (const role of roles)
    for (const database of databases)
      for (const proof of [
        {},
        { tls: false },
        { certificate: true },
        { certificate: true, replication: true },
      ])
        yield { role, database, ...proof };
}
