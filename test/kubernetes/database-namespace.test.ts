import assert from "node:assert/strict";
import { DatabaseNamespace, type DatabaseNamespaceArgs } from "../../components/kubernetes/index.js";
import { declaredBy } from "../../preview/monitor.js";
import { only, record, type Recorded } from "../libvirt/recorder.js";
import { judged } from "./judged.js";

const CORE = "kubernetes:core/v1:";

const ARGS: DatabaseNamespaceArgs = {
  namespace: "orders",
  podSecurityVersion: "v1.35",
  accounts: ["orders", "orders-backup"],
  quota: {
    cpus: 12.5,
    memory: "48 GiB",
    storage: "600 GiB",
    ephemeral: "20 GiB",
    pods: 12,
    claims: 9,
    loadBalancers: 1,
  },
  most: { cpus: 4, memory: "16 GiB" },
};

const made = (args: DatabaseNamespaceArgs = ARGS): Promise<Recorded[]> =>
  record(() => new DatabaseNamespace("space", args));

async function refusals(args: object): Promise<string[]> {
  try {
    await made(args as DatabaseNamespaceArgs);
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    return error.message.split("\n  ").slice(1);
  }
  return assert.fail("nothing was refused");
}

describe("DatabaseNamespace", function () {
  this.timeout(60_000);

  it("enforces, audits and warns of the restricted standard, in the version that is given", async () => {
    const { inputs } = only(await made(), `${CORE}Namespace`);
    const { name, labels } = inputs["metadata"] as { name: string; labels: Record<string, string> };
    assert.equal(name, "orders");
    for (const mode of ["enforce", "audit", "warn"]) {
      assert.equal(labels[`pod-security.kubernetes.io/${mode}`], "restricted");
      assert.equal(labels[`pod-security.kubernetes.io/${mode}-version`], "v1.35");
    }
  });

  it("bounds what pods have, together and each", async () => {
    const resources = await made();
    const { hard } = only(resources, `${CORE}ResourceQuota`).inputs["spec"] as { hard: unknown };
    assert.deepEqual(hard, {
      "requests.cpu": "12500m",
      "limits.cpu": "12500m",
      "requests.memory": "49152Mi",
      "limits.memory": "49152Mi",
      "requests.ephemeral-storage": "20480Mi",
      "limits.ephemeral-storage": "20480Mi",
      "requests.storage": "614400Mi",
      persistentvolumeclaims: "9",
      pods: "12",
      "services.loadbalancers": "1",
      "services.nodeports": "0",
    });
    const { limits } = only(resources, `${CORE}LimitRange`).inputs["spec"] as {
      limits: [{ max: unknown; default: unknown; defaultRequest: unknown }];
    };
    assert.deepEqual(limits[0].max, { cpu: "4", memory: "16384Mi" });
    assert.deepEqual(limits[0].default, limits[0].defaultRequest);
  });

  it("denies both ways, and gives its accounts no token", async () => {
    const resources = await made();
    assert.deepEqual(only(resources, "kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"], {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
    const accounts = resources.filter(({ type }) => type === `${CORE}ServiceAccount`);
    assert.deepEqual(
      accounts.map(({ inputs }) => [inputs["metadata"], inputs["automountServiceAccountToken"]]),
      ["orders", "orders-backup"].map((name) => [{ name, namespace: "orders" }, false]),
    );
  });

  it("is protected, unless it may be torn down", async () => {
    for (const protect of [true, false]) {
      const declared = await declaredBy(
        () => {
          new DatabaseNamespace("space", { ...ARGS, protect });
          return {};
        },
        { project: "p", stack: "s" },
      );
      const space = declared.find(({ type }) => type === `${CORE}Namespace`);
      assert.equal(space?.protect, protect);
    }
  });

  it("breaks no rule of the pack", async () => assert.deepEqual(judged(await made()), []));

  const bad: readonly (readonly [object, RegExp])[] = [
    [{ namespace: "kube-system" }, /^namespace: "kube-system" is shared with others; give a namespace/],
    [{ namespace: "Orders" }, /^namespace: "Orders" .*give at most 53 lower-case letters/],
    [
      { podSecurityVersion: "latest" },
      /^podSecurityVersion: "latest" .*give a version of Kubernetes such as/,
    ],
    [{ accounts: ["a", "a"] }, /^accounts\[1\]: "a" is used twice as an account; give another/],
    [{ accounts: ["default"] }, /^accounts\[0\]: "default" is every pod's that names none/],
    [{ quota: { ...ARGS.quota, memory: "48" } }, /^quota.memory: "48" .*give a number and a unit/],
    [{ quota: { ...ARGS.quota, cpus: 0 } }, /^quota.cpus: 0 /],
    [{ most: { cpus: 13, memory: "1 GiB" } }, /^most.cpus: 13 is more than the whole namespace may have/],
    [{ most: { cpus: 1, memory: "1 TiB" } }, /^most.memory: "1 TiB" is more than the whole namespace/],
    [{ colour: "blue" }, /^colour: "blue" is not a known setting; give one of the documented arguments/],
  ];
  for (const [change, message] of bad)
    it(`refuses ${JSON.stringify(change)}`, async () => {
      const [problem = "", ...rest] = await refusals({ ...ARGS, ...change });
      assert.match(problem, message);
      assert.deepEqual(rest, []);
    });

  it("tells everything that is wrong at once", async () =>
    assert.equal((await refusals({ namespace: "default", quota: { cpus: 1 }, colour: 1 })).length, 3));
});
