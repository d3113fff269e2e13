import assert from "node:assert/strict";
import {
  kubernetesOf,
  kvmOf,
  machines,
  parseEnvironment,
  type Environment,
} from "../../components/declaration/index.js";
import { achieved, jobs, recoveryBudget, recoveryPlan, unmet } from "../../components/recovery/index.js";
import { parsePlan } from "../../operations/plan.js";
import { changed } from "../declaration/change.js";
import { cnpgEnvironment, kubernetesEnvironment } from "../fixtures/environment.js";

/*
 * By hand: operator 30 min (declared: kubernetes.reaction), pulumi up 120, pod start 120, crash recovery of 3413 MiB 28, promotion 5,
 * Service 5, reconnect 5, container restart 15, CloudNativePG 60; archive_timeout 60 and push 10.
 */
const PROMOTION = 1800 + 120 + 120 + 28 + 5 + 5 + 5;
const OPERATED = 60 + 28 + 5 + 5 + 5;
const ALONE = [
  "cluster.members[2] removed",
  "cluster.members[1] removed",
  "kubernetes.sites[1] removed",
  "kubernetes.sites[0].exchange removed",
  'sites[1].role = "witness"',
];

type Figures = Record<string, readonly [number | undefined, number | undefined, string, boolean]>;

function figures(...changes: string[]): Figures {
  return figuresOf(parseEnvironment(changed(changes, kubernetesEnvironment)));
}

function figuresOf(environment: Environment): Figures {
  return Object.fromEntries(
    achieved(environment).map(({ failure, rpo, rto, by, automatic }) => [failure, [rpo, rto, by, automatic]]),
  );
}

describe("recovery on Kubernetes", () => {
  const environment = parseEnvironment(kubernetesEnvironment());
  const plan = recoveryPlan(environment);

  it("knows pods instead of guests, and which of them is primary", () => {
    assert.deepEqual(plan.guests, []);
    assert.deepEqual(
      plan.pods?.map(({ name, context, namespace, cluster, primary }) => [
        name,
        context,
        namespace,
        cluster,
        primary,
      ]),
      [
        ["orders-a-0", "cluster-a", "orders", "orders-a", true],
        ["orders-a-1", "cluster-a", "orders", "orders-a", false],
        ["orders-b-0", "cluster-b", "orders", "orders-b", false],
      ],
    );
    const promoted = changed(
      ['kubernetes.primary = {"member":"orders-b-0","reason":"cluster A is lost"}'],
      kubernetesEnvironment,
    );
    assert.equal(
      recoveryPlan(parseEnvironment(promoted)).pods?.find(({ primary }) => primary)?.name,
      "orders-b-0",
    );
  });

  it("adds up what a StatefulSet achieves, worked out by hand", () => {
    const rows = figures();
    assert.deepEqual(rows["process"], [0, 15 + 28 + 5, "restart", true]);
    assert.deepEqual(rows["vm"], [0, 120 + 28 + 5 + 5, "restart", true]);
    assert.deepEqual(rows["host"], [70, PROMOTION, "failover", false]);
    assert.deepEqual(rows["site"], [70, PROMOTION, "failover", false]);
    // 20 GiB by two processes 205 s, a day of WAL 697 s.
    assert.deepEqual(rows["operatorError"], [70, 1800 + 205 + 697 + 5 + 5 + 5, "restore", false]);
  });

  it("takes the reaction of people as declared", () =>
    assert.equal(figures('kubernetes.reaction = "10 min"')["site"]?.[1], PROMOTION - 1200));

  it("loses nothing where enough standbys confirm, and the archive's lag where they may be lost as well", () => {
    const sync = ['replication = {"mode":"quorum","synchronous":1,"strict":true}'];
    assert.equal(figures(...sync)["host"]?.[0], 0);
    // The one that confirms may be the other member of the site.
    assert.equal(figures(...sync)["site"]?.[0], 70);
    assert.equal(figures('replication = {"mode":"quorum","synchronous":2,"strict":true}')["site"]?.[0], 0);
  });

  it("promises nothing where nothing bounds the lag", () => {
    const rows = figures(
      "kubernetes.archive removed",
      "backup.base removed",
      "backup.wal removed",
      "drills removed",
    );
    assert.deepEqual(rows["site"], [undefined, undefined, "nothing", false]);
    // Velero's copy of the day before, 900 s for it; 30 GiB at 100 MiB/s are 308 s.
    assert.deepEqual(rows["operatorError"], [86400 + 900, 1800 + 308 + 120 + 28 + 5 + 5, "snapshot", false]);
  });

  it("lets CloudNativePG promote by itself within a site, and people over sites", () => {
    const rows = figuresOf(parseEnvironment(changed(['replication = {"mode":"async"}'], cnpgEnvironment)));
    assert.deepEqual(rows["vm"], [70, OPERATED, "failover", true]);
    assert.deepEqual(rows["host"], [70, OPERATED, "failover", true]);
    assert.deepEqual(rows["site"], [70, PROMOTION, "failover", false]);
    // Of the three at the site one confirms besides the primary, and none elsewhere.
    const quorum = figuresOf(parseEnvironment(cnpgEnvironment()));
    assert.equal(quorum["host"]?.[0], 0);
    assert.equal(quorum["site"]?.[0], 70);
  });

  it("restores where no standby is left, if the object store is", () => {
    assert.equal(figures(...ALONE)["host"]?.[2], "restore");
    assert.equal(figures(...ALONE)["site"]?.[2], "restore");
  });

  it("speaks of pods, nodes and clusters where an objective is missed", () => {
    const strict = parseEnvironment(changed(['objectives.rto = "2 min"'], kubernetesEnvironment));
    assert.deepEqual(
      unmet(strict).map(({ text }) => text.slice(0, text.indexOf(" is "))),
      [
        "RTO after the loss of the pod",
        "RTO after the loss of the node",
        "RTO after the loss of the cluster",
      ],
    );
  });

  it("gives a starting server three times the time that its recovery takes, and a quarter of an hour at least", () => {
    assert.equal(recoveryBudget(kubernetesOf(environment)), 900);
    const slow = changed(
      ['cluster.parameters = {"max_wal_size":"64GB"}', 'objectives.rto = "5 h"'],
      kubernetesEnvironment,
    );
    assert.equal(recoveryBudget(kubernetesOf(parseEnvironment(slow))), 3 * 529);
  });

  it("is refused in one sentence by what works on virtual machines", () => {
    assert.deepEqual(jobs(plan), []);
    assert.throws(
      () => machines(environment),
      /^RangeError: environment test-kubernetes is on Kubernetes and has no virtual machines$/,
    );
    assert.throws(() => kvmOf(environment), /is of platform kubernetes; this works on kvm alone/);
    assert.throws(
      () => parsePlan(JSON.stringify(plan), "plan.json"),
      /^UsageError: plan.json is of environment test-kubernetes on Kubernetes, where CronJobs and Velero run what this does elsewhere/,
    );
  });
});
