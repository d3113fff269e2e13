import assert from "node:assert/strict";
import { NotKnownYet, UNKNOWN_TEXT } from "../../../policy/node.js";
import { databaseOf, isTransient } from "../../../policy/rules/kubernetes/database.js";
import { objectsOf } from "../../../policy/rules/kubernetes/object.js";
import { resource, type Properties } from "./stack.js";

/** Whether a workload with this container is a database. */
function isDatabase(container: Properties, kind = "apps/v1:StatefulSet"): boolean {
  const pod = { spec: { containers: [container] } };
  const inputs =
    kind === "core/v1:Pod"
      ? pod
      : kind === "batch/v1:CronJob"
        ? { spec: { jobTemplate: { spec: { template: pod } } } }
        : { spec: { template: pod } };
  const [object] = objectsOf(resource(`kubernetes:${kind}`, "it", inputs));
  assert.ok(object !== undefined);
  return databaseOf(object) !== undefined;
}

const MOUNT = { volumeMounts: [{ name: "data", mountPath: "/var/lib/postgresql/data" }] };

describe("databases are known by what they run", () => {
  const servers: readonly (readonly [string, Properties])[] = [
    ["the official image", { image: "postgres:18.6" }],
    ["a mirror of it", { image: "registry.example.org:5000/mirror/postgres@sha256:abc" }],
    ["PostGIS, TimescaleDB, Spilo", { image: "ghcr.io/zalando/spilo-17:4.0" }],
    ["the image with settings as arguments", { image: "postgres:18", args: ["-c", "max_connections=200"] }],
    ["the image with its entry point", { image: "postgres:18", args: ["postgres", "-c", "fsync=off"] }],
    [
      "a server under its full path",
      { image: "db:1", command: ["/usr/lib/postgresql/18/bin/postgres", "-D", "/d"] },
    ],
    [
      "a server at the end of a script",
      { image: "db:1", command: ["sh", "-c", "prepare && exec postgres -D /d"] },
    ],
    [
      "a server after a change of user",
      { image: "db:1", command: ["bash", "-c", "exec gosu postgres postgres"] },
    ],
    ["Patroni", { image: "db:1", command: ["patroni", "/etc/patroni.yml"] }],
    ["the image behind a script of somebody's own", { image: "postgres:18", command: ["/scripts/start.sh"] }],
    [
      "a renamed image by port and data directory",
      { image: "db:1", ports: [{ containerPort: 5432 }], ...MOUNT },
    ],
    ["a renamed image by its variables", { image: "db:1", env: [{ name: "PGDATA", value: "/x" }], ...MOUNT }],
  ];
  for (const [what, container] of servers) it(what, () => assert.ok(isDatabase(container)));

  const others: readonly (readonly [string, Properties])[] = [
    ["an exporter", { image: "quay.io/prometheuscommunity/postgres-exporter:0.17" }],
    ["an operator", { image: "ghcr.io/cloudnative-pg/cloudnative-pg:1.30.0" }],
    ["a client in the image", { image: "postgres:18", command: ["psql", "-c", "SELECT 1"] }],
    ["a backup in the image", { image: "postgres:18", command: ["/usr/bin/pg_basebackup", "-D", "/b"] }],
    ["the image that waits", { image: "postgres:18", args: ["sleep", "infinity"] }],
    ["a user called postgres", { image: "tools:1", command: ["sh", "-c", "pg_isready -U postgres"] }],
    ["a port alone", { image: "pgbouncer:1", ports: [{ containerPort: 5432 }] }],
    ["a sidecar on the data directory", { image: "pgbackrest:2", ...MOUNT }],
    ["nothing", {}],
  ];
  for (const [what, container] of others) it(`not: ${what}`, () => assert.ok(!isDatabase(container)));

  it("in a pod, a Deployment and a sidecar that starts first", () => {
    for (const kind of ["core/v1:Pod", "apps/v1:Deployment", "apps/v1:DaemonSet", "apps/v1:ReplicaSet"])
      assert.ok(isDatabase({ image: "postgres:18" }, kind), kind);
    const pod = {
      spec: {
        containers: [{ image: "app:1" }],
        initContainers: [{ image: "postgres:18", restartPolicy: "Always" }],
      },
    };
    const [object] = objectsOf(resource("kubernetes:core/v1:Pod", "it", pod));
    assert.ok(object !== undefined && databaseOf(object) !== undefined);
  });

  it("a job's script is no server, a job's server is a transient one", () => {
    assert.ok(
      !isDatabase({ image: "postgres:18", command: ["sh", "-c", "pg_dump > /b"] }, "batch/v1:CronJob"),
    );
    const pod = { spec: { containers: [{ image: "postgres:18" }] } };
    const [object] = objectsOf(resource("kubernetes:batch/v1:Job", "it", { spec: { template: pod } }));
    const database = object === undefined ? undefined : databaseOf(object);
    assert.ok(database !== undefined && isTransient(database));
  });

  it("what operators make them from", () => {
    for (const type of [
      "postgresql.cnpg.io/v1:Cluster",
      "postgres-operator.crunchydata.com/v1beta1:PostgresCluster",
      "acid.zalan.do/v1:postgresql",
      "pgv2.percona.com/v2:PerconaPGCluster",
      "stackgres.io/v1:SGCluster",
    ]) {
      const [object] = objectsOf(resource(`kubernetes:${type}`, "it", { spec: {} }));
      assert.ok(object !== undefined && databaseOf(object) !== undefined, type);
    }
    const [foreign] = objectsOf(resource("kubernetes:cluster.x-k8s.io/v1beta1:Cluster", "it", {}));
    assert.ok(foreign !== undefined && databaseOf(foreign) === undefined);
  });

  it("an unknown image is not known to be none, unless something else tells", () => {
    assert.throws(() => isDatabase({ image: UNKNOWN_TEXT }), NotKnownYet);
    assert.ok(isDatabase({ image: UNKNOWN_TEXT, ports: [{ containerPort: 5432 }], ...MOUNT }));
    assert.ok(!isDatabase({ image: UNKNOWN_TEXT, command: ["psql"] }));
  });
});
