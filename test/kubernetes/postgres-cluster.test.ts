import assert from "node:assert/strict";
import { parse } from "yaml";
import {
  kubernetesOf,
  parseEnvironment,
  type KubernetesEnvironment,
} from "../../components/declaration/index.js";
import { PostgresCluster } from "../../components/kubernetes/index.js";
import { changed } from "../declaration/change.js";
import { kubernetesEnvironment } from "../fixtures/environment.js";
import { markedSecrets } from "../fixtures/secrets.js";
import { clearTexts, only, record, reveal, type Recorded } from "../libvirt/recorder.js";
import { refusalsOf } from "./refusals.js";

const POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const LOCATION = "kubernetes:velero.io/v1:BackupStorageLocation";
const SCHEDULE = "kubernetes:velero.io/v1:Schedule";
const CONFIG = "kubernetes:core/v1:ConfigMap";
const JOB = "kubernetes:batch/v1:CronJob";
const SECRET = "kubernetes:core/v1:Secret";

const declared = (lines: readonly string[]): KubernetesEnvironment =>
  kubernetesOf(parseEnvironment(changed(lines, kubernetesEnvironment)));

function cluster(environment: KubernetesEnvironment, secrets = markedSecrets(environment)): PostgresCluster {
  const kubeconfigs = Object.fromEntries(
    environment.kubernetes.sites.map(({ site }) => [site, `PLANTED-kubeconfig-${site}`]),
  );
  return new PostgresCluster("orders", { environment, kubeconfigs, secrets });
}

const made = (...lines: string[]): Promise<Recorded[]> => record(() => cluster(declared(lines)));
const specOf = ({ inputs }: Recorded): Record<string, unknown> => inputs["spec"] as Record<string, unknown>;
const namesOf = (resources: readonly Recorded[], type: string): string[] =>
  resources.filter((each) => each.type === type).map(({ name }) => name);

/** Sources of a NetworkPolicy's ingress rules, as text. */
const sourcesOf = (policy: Recorded): string[] =>
  (specOf(policy)["ingress"] as { from: object[] }[]).flatMap(({ from }) =>
    from.map((each) => JSON.stringify(each)),
  );

describe("PostgresCluster on Kubernetes places at each site", function () {
  this.timeout(120_000);

  let resources: readonly Recorded[];
  before(async () => {
    resources = await made();
  });

  it("policies that let the declared groups and the members of the other site in, and nobody else", () => {
    const policy = only(resources, POLICY, "orders-a-access-1");
    assert.deepEqual(specOf(policy)["podSelector"], {
      matchLabels: { "app.kubernetes.io/name": "postgresql", "app.kubernetes.io/instance": "orders-a" },
    });
    const sources = sourcesOf(policy);
    for (const network of ["10.77.1.201/32", "10.77.1.202/32", "10.77.1.210/32", "198.51.100.21/32"])
      assert.ok(
        sources.some((each) => each.includes(`"${network}"`)),
        network,
      );
    // Its own site's sources are those of others' connections.
    assert.ok(!sources.some((each) => each.includes("198.51.100.20")), sources.join(" "));
  });

  it("no second policy that closes the namespace, which is closed before the first pod comes", () => {
    const closing = resources.filter(
      ({ type, inputs }) =>
        type === POLICY && JSON.stringify((inputs["spec"] as { podSelector: object }).podSelector) === "{}",
    );
    assert.deepEqual(
      closing.map(({ name }) => name),
      ["orders-a-default-deny", "orders-b-default-deny"],
    );
  });

  it("pods by their labels where a group is declared so, and its networks no more", async () => {
    const changedOnes = await made(
      'kubernetes.clients = [{"group":"app","pods":[{"namespace":"shop","labels":{"app":"checkout"}}]}]',
    );
    const sources = sourcesOf(only(changedOnes, POLICY, "orders-a-access-1"));
    assert.ok(sources.some((each) => each.includes('"checkout"')));
    assert.ok(!sources.some((each) => each.includes("10.77.1.201")), sources.join(" "));
  });

  it("one rule for a group with several, and none for one that others let in already", async () => {
    const found = await made(
      'access.groups appended {"name":"till","networks":["10.77.1.201/32"]}',
      'access.rules appended {"from":"till","roles":["shop_ro"],"description":"tills of the shop"}',
      'access.rules appended {"from":"app","roles":["metrics"],"description":"their own figures"}',
    );
    const sources = sourcesOf(only(found, POLICY, "orders-a-access-1"));
    assert.equal(sources.filter((each) => each.includes("10.77.1.201")).length, 1);
  });

  it("Calico's policies only where it is declared", async () => {
    assert.deepEqual(
      resources.filter(({ type }) => type.startsWith("kubernetes:projectcalico.org")),
      [],
    );
    const found = await made("kubernetes.calico = true");
    const calico = found.filter(({ type }) => type.startsWith("kubernetes:projectcalico.org/v3"));
    for (const site of ["a", "b"])
      assert.ok(calico.some(({ name }) => name.includes(`orders-${site}-access`)));
  });

  it("the members wait for what they stream through", async () => {
    // A StatefulSet that is made before the policies waits for a primary that nothing lets it reach.
    const order = resources.map(({ name, type }) => `${type} ${name}`);
    assert.ok(
      order.indexOf(`${POLICY} orders-a-access-1`) < order.indexOf("kubernetes:apps/v1:StatefulSet orders-a"),
    );
  });

  it("the copies after what they copy, and in a promotion the old primary before the new one", async () => {
    const SERVERS = "kubernetes:apps/v1:StatefulSet";
    assert.deepEqual(namesOf(resources, SERVERS), ["orders-a", "orders-b"]);
    const elsewhere = [
      'sites[0].role = "standby"',
      'sites[1].role = "primary"',
      'backup.repository.site = "a"',
    ];
    assert.deepEqual(namesOf(await made(...elsewhere), SERVERS), ["orders-b", "orders-a"]);
    const promotion = 'kubernetes.primary = {"member":"orders-b-0","reason":"site A is given up"}';
    const promoted = await made(promotion);
    assert.deepEqual(namesOf(promoted, SERVERS), ["orders-a", "orders-b"]);
    // Who makes no backups any more says so before another begins.
    assert.deepEqual(
      promoted
        .filter(({ type }) => [LOCATION, SCHEDULE].includes(type))
        .map(({ name }) => name.slice(0, 8))[0],
      "orders-a",
    );
  });

  it("a promotion without a site that is lost, whose objects stay as they are", async () => {
    const lost = await made(
      'kubernetes.primary = {"member":"orders-b-0","reason":"site A is lost","lost":["a"]}',
    );
    assert.deepEqual(namesOf(lost, "kubernetes:apps/v1:StatefulSet"), ["orders-b", "orders-a"]);
    const of = (site: string): unknown[] => {
      const { inputs } = only(lost, "pulumi:providers:kubernetes", `orders-${site}`);
      return [inputs["skipUpdateUnreachable"], inputs["deleteUnreachable"]];
    };
    assert.deepEqual(
      [of("a"), of("b")],
      [
        ["true", "true"],
        [undefined, undefined],
      ],
    );
  });

  it("a scan at 02:00 of the image that runs, in the databases' namespace", async () => {
    assert.deepEqual(
      namesOf(resources, JOB).filter((name) => name.endsWith("-scan")),
      ["orders-a-scan", "orders-b-scan"],
    );
    const job = only(resources, JOB, "orders-a-scan");
    assert.equal(specOf(job)["schedule"], "0 2 * * *");
    assert.match(JSON.stringify(specOf(job)), /registry\.example\.org\/postgres:17\.11-trixie@sha256:a{64}/);
    assert.equal((job.inputs["metadata"] as { namespace: string }).namespace, "orders");
    const sooner = await made('scanning = {"schedule":"0 */6 * * *"}');
    assert.equal(specOf(only(sooner, JOB, "orders-a-scan"))["schedule"], "0 */6 * * *");
    assert.ok(!namesOf(await made("kubernetes.scan removed"), JOB).some((name) => name.endsWith("-scan")));
  });

  it("rules of Falco that know the members' own shells, clients and ways out", async () => {
    const map = only(resources, CONFIG, "orders-a-rules");
    assert.equal((map.inputs["metadata"] as { namespace: string }).namespace, "falco");
    const text = (map.inputs["data"] as Record<string, string>)["pgkeep-databases.yaml"] ?? "";
    const rules = parse(text) as readonly Record<string, unknown>[];
    const list = (name: string): string[] =>
      rules.find((each) => each["list"] === name)?.["items"] as string[];
    assert.deepEqual(
      list("pgkeep_clients"),
      ["10.20.0.0/16", "10.77.1.201/32", "10.77.1.202/32", "10.77.1.210/32", "198.51.100.21/32"].map(
        (each) => `"${each}"`,
      ),
    );
    assert.deepEqual(
      list("pgkeep_destinations"),
      ["127.0.0.0/8", "10.20.0.0/16", "10.96.20.0/24", "192.0.2.21/32", "192.0.2.60/32"].map(
        (each) => `"${each}"`,
      ),
    );
    assert.deepEqual(list("pgkeep_images"), ["registry.example.org/postgres"]);
    const macro = (name: string): string =>
      String(rules.find((each) => each["macro"] === name)?.["condition"]);
    const excepted = macro("pgkeep_known_shell") + macro("pgkeep_entrypoint");
    for (const command of shellsOf(only(resources, "kubernetes:apps/v1:StatefulSet", "orders-a")))
      assert.ok(
        [`"${command}"`, `'${command}'`].some((each) => excepted.includes(`proc.cmdline = ${each}`)),
        command,
      );
    for (const job of resources.filter(
      ({ type, name }) => type === JOB && name.startsWith("orders-a-archive"),
    ))
      for (const command of shellsOf(job))
        assert.ok(excepted.includes(`proc.cmdline = "${command}"`), command);
    assert.deepEqual(
      namesOf(await made("kubernetes.falco removed"), CONFIG).filter((name) => name.endsWith("-rules")),
      [],
    );
  });

  it("Velero: the primary's site makes backups, the other one reads them", () => {
    assert.deepEqual(
      ["a", "b"].map(
        (site) => specOf(only(resources, LOCATION, `orders-${site}-velero-default`))["accessMode"],
      ),
      ["ReadWrite", "ReadOnly"],
    );
    assert.deepEqual(namesOf(resources, SCHEDULE), [
      "orders-a-velero-orders-daily",
      "orders-a-velero-orders-longterm",
    ]);
    const template = (name: string): { ttl: string; hooks: object } =>
      specOf(only(resources, SCHEDULE, name))["template"] as { ttl: string; hooks: object };
    assert.equal(template("orders-a-velero-orders-daily").ttl, "168h");
    assert.equal(template("orders-a-velero-orders-longterm").ttl, "720h");
    assert.match(JSON.stringify(template("orders-a-velero-orders-daily").hooks), /"orders-a".*CHECKPOINT/);
  });

  it("turns that round with a promotion at the other site", async () => {
    const found = await made('kubernetes.primary = {"member":"orders-b-0","reason":"site A is lost"}');
    assert.deepEqual(
      ["a", "b"].map((site) => specOf(only(found, LOCATION, `orders-${site}-velero-default`))["accessMode"]),
      ["ReadOnly", "ReadWrite"],
    );
    assert.ok(namesOf(found, SCHEDULE).every((name) => name.startsWith("orders-b-velero-")));
  });

  it("no checkpoint where none is wanted, and no Velero where no backup by it is declared", async () => {
    const unquiet = await made("backup.vmSnapshot.quiesce = false");
    assert.doesNotMatch(
      JSON.stringify(specOf(only(unquiet, SCHEDULE, "orders-a-velero-orders-daily"))),
      /hooks/,
    );
    const none = await made("backup.vmSnapshot removed", "kubernetes.velero removed");
    assert.deepEqual([...namesOf(none, LOCATION), ...namesOf(none, SCHEDULE)], []);
  });

  it("the same password of Velero's repositories at both, as a secret and nowhere else", () => {
    const passwords = ["a", "b"].map((site) => {
      const { inputs } = only(resources, SECRET, `orders-${site}-velero-repository`);
      return (reveal(inputs["stringData"]) as Record<string, string>)["repository-password"];
    });
    assert.deepEqual(passwords, Array(2).fill("PLANTED-password-of-velero"));
    assert.ok(!clearTexts(resources).some((text) => text.includes("PLANTED")));
  });

  it("nothing, when a site lacks its kubeconfig", async () => {
    const environment = declared([]);
    const secrets = markedSecrets(environment);
    assert.deepEqual(
      await refusalsOf(
        () => new PostgresCluster("orders", { environment, kubeconfigs: { a: "x" }, secrets }),
      ),
      ["kubeconfigs: has none of site b; give the text of its kubeconfig"],
    );
  });
});

/** Every shell that the pods of a workload start by themselves, as the kernel shows it. */
function shellsOf({ inputs }: Recorded): string[] {
  type Template = { template: { spec: Record<string, Record<string, unknown>[]> } };
  const spec = inputs["spec"] as Template & { jobTemplate?: { spec: Template } };
  const { template } = spec.jobTemplate?.spec ?? spec;
  const { containers = [], initContainers = [] } = template.spec;
  const commands = [...containers, ...initContainers].flatMap((container) => [
    container["command"] as string[],
    ...["startupProbe", "livenessProbe", "readinessProbe"].flatMap((probe) => {
      const exec = (container[probe] as { exec?: { command: string[] } } | undefined)?.exec;
      return exec === undefined ? [] : [exec.command];
    }),
  ]);
  const shells = commands.filter(([program]) => program === "/bin/sh");
  assert.ok(shells.length > 0, "it runs scripts");
  return shells.map((words) => words.join(" ").replace("/bin/sh", "sh"));
}
