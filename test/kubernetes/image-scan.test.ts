import assert from "node:assert/strict";
import { evaluateNetworkPolicy } from "../../components/access/index.js";
import { ImageScan, type ImageScanArgs } from "../../components/kubernetes/index.js";
import { clearTexts, isSecret, only, record, reveal, type Recorded } from "../libvirt/recorder.js";
import { digest } from "./digests.js";
import { closedScanArgs, copiedScanArgs, scanArgs, SERVER_17, SERVER_18 } from "./image-scan-samples.js";
import { judged } from "./judged.js";

const CRON_JOB = "kubernetes:batch/v1:CronJob";
const CLAIM = "kubernetes:core/v1:PersistentVolumeClaim";
const POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy";

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly command: readonly string[];
  readonly env: readonly { name: string; value: string }[];
  readonly resources: { requests: Record<string, string>; limits: Record<string, string> };
  readonly securityContext: Record<string, unknown>;
  readonly volumeMounts: readonly { name: string; mountPath: string; readOnly?: boolean }[];
}
interface Pod {
  readonly containers: readonly [Container];
  readonly initContainers?: readonly [Container];
  readonly volumes: readonly Record<string, unknown>[];
  readonly [key: string]: unknown;
}
interface Job {
  readonly backoffLimit: number;
  readonly activeDeadlineSeconds: number;
  readonly podFailurePolicy: unknown;
  readonly template: { readonly metadata: { labels: unknown }; readonly spec: Pod };
}

const scan = (args: ImageScanArgs): Promise<Recorded[]> => record(() => new ImageScan("image-scan", args));

function jobIn(resources: readonly Recorded[]): { spec: Record<string, unknown>; job: Job; pod: Pod } {
  const spec = only(resources, CRON_JOB).inputs["spec"] as { jobTemplate: { spec: Job } };
  return { spec, job: spec.jobTemplate.spec, pod: spec.jobTemplate.spec.template.spec };
}

/** What stands in the refusal, line by line. */
async function refusals(args: object, name = "image-scan"): Promise<string[]> {
  try {
    await record(() => new ImageScan(name, args as ImageScanArgs));
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    return error.message.split("\n  ").slice(1);
  }
  return assert.fail("nothing was refused");
}

describe("ImageScan", function () {
  this.timeout(60_000);

  for (const [title, args] of [
    ["from the public registries", scanArgs()],
    ["in a closed network", closedScanArgs()],
    ["with a copy", copiedScanArgs()],
  ] as const)
    it(`renders nothing that the policy pack finds fault with, ${title}`, async () =>
      assert.deepEqual(judged(await scan(args)), []));

  it("runs at 02:00 of a named zone, one at a time, within deadlines, once", async () => {
    const { spec, job, pod } = jobIn(await scan(scanArgs()));
    const { jobTemplate, ...own } = spec;
    assert.ok(jobTemplate);
    assert.deepEqual(own, {
      schedule: "0 2 * * *",
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: 3600,
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 7,
    });
    assert.equal(job.backoffLimit, 0);
    assert.equal(job.activeDeadlineSeconds, 7200);
    assert.equal(pod["restartPolicy"], "Never");
  });

  it("tells findings from failures by the job's own condition", async () => {
    const { job } = jobIn(await scan(scanArgs()));
    assert.deepEqual(job.podFailurePolicy, {
      rules: [
        {
          action: "FailJob",
          onExitCodes: { containerName: "trivy", operator: "In", values: [10] },
        },
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      ],
    });
  });

  it("is restricted in full, without a token, and writes only where volumes are mounted", async () => {
    const { pod } = jobIn(await scan(closedScanArgs()));
    const [container] = pod.containers;
    assert.deepEqual(container.securityContext, {
      runAsNonRoot: true,
      runAsUser: 10_001,
      runAsGroup: 10_001,
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    });
    assert.equal(pod["automountServiceAccountToken"], false);
    assert.equal(pod["serviceAccountName"], "image-scan");
    assert.deepEqual(
      container.volumeMounts.map(({ mountPath, readOnly }) => [mountPath, readOnly ?? false]),
      [
        ["/reports", false],
        ["/cache", false],
        ["/tmp", false],
        ["/registry-login", true],
        ["/authorities", true],
      ],
    );
    assert.deepEqual(
      container.volumeMounts.map(({ name }) => name),
      pod.volumes.map(({ name }) => name),
    );
    assert.deepEqual(container.resources.requests, container.resources.limits);
    assert.deepEqual(Object.keys(container.resources.limits).toSorted(), [
      "cpu",
      "ephemeral-storage",
      "memory",
    ]);
  });

  it("has room on its node for the database that it fetches, and for layers", async () => {
    const storage = async (args: ImageScanArgs): Promise<string | undefined> =>
      jobIn(await scan(args)).pod.containers[0].resources.limits["ephemeral-storage"];
    assert.equal(await storage(scanArgs()), "7232Mi");
    assert.equal(await storage(closedScanArgs()), "4160Mi");
  });

  it("hands each image to the script with the folder of its reports", async () => {
    const { pod } = jobIn(await scan(scanArgs()));
    assert.deepEqual(pod.containers[0].args, [
      "postgres_18.6-trixie",
      SERVER_18,
      "ghcr.io_cloudnative-pg_postgresql_17.12-system-trixie",
      SERVER_17,
    ]);
  });

  it("asks Trivy for HIGH and CRITICAL as JSON with an exit code of its own", async () => {
    const script = async (args: ImageScanArgs): Promise<string> =>
      jobIn(await scan(args)).pod.containers[0].command[2] ?? "";
    const online = await script(scanArgs());
    for (const part of ["--severity HIGH,CRITICAL", "--exit-code 10", "--format json", "--image-src remote"])
      assert.ok(online.includes(part), part);
    assert.ok(online.includes("trivy image --download-db-only"));
    assert.ok(!online.includes("--offline-scan") && !online.includes("--ignore-unfixed"));
    const offline = await script(closedScanArgs());
    for (const part of ["--offline-scan", "--skip-java-db-update", "--skip-check-update", "--ignore-unfixed"])
      assert.ok(offline.includes(part), part);
    assert.ok(!offline.includes("--download-db-only"));
    const mirror = "registry.example.org/mirror/trivy-db:2";
    const mirrored = await script(scanArgs({ database: { from: "registry", repositories: [mirror] } }));
    assert.ok(mirrored.includes(`--download-db-only --no-progress --db-repository ${mirror} ||`));
  });

  it("reaches the resolver and the registries, and nobody reaches it", async () => {
    const resources = await scan(closedScanArgs());
    const { template } = jobIn(resources).job;
    assert.deepEqual(only(resources, POLICY).inputs["spec"], {
      podSelector: { matchLabels: template.metadata.labels },
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
      egress: [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
              podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
            },
          ],
          ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
          ],
        },
        { to: [{ ipBlock: { cidr: "10.20.30.40/32" } }], ports: [{ protocol: "TCP", port: 5000 }] },
      ],
    });
  });

  it("is let through to these by whoever knows what such a policy means, and to nothing else", async () => {
    const resources = await scan(closedScanArgs());
    const { inputs } = only(resources, POLICY);
    const policy = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", ...inputs };
    const labels = jobIn(resources).job.template.metadata.labels as Record<string, string>;
    const own = { address: "10.244.0.9", pod: { namespace: "databases", labels } };
    const resolver = {
      address: "10.244.0.2",
      pod: { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
    };
    const database = { address: "10.244.0.5", pod: { namespace: "databases", labels: { app: "orders" } } };
    const calls = [
      [own, { address: "10.20.30.40" }, "tcp", 5000, "accept"],
      [own, resolver, "udp", 53, "accept"],
      [own, resolver, "tcp", 53, "accept"],
      [own, { address: "10.20.30.40" }, "tcp", 443, "drop"],
      [own, { address: "10.20.30.41" }, "tcp", 5000, "drop"],
      [own, { address: "198.51.100.7" }, "tcp", 443, "drop"],
      [own, { address: "198.51.100.7" }, "udp", 53, "drop"],
      [own, { ...resolver, pod: { ...resolver.pod, namespace: "databases" } }, "udp", 53, "drop"],
      [own, database, "tcp", 5432, "drop"],
      [own, { address: "169.254.169.254" }, "tcp", 80, "drop"],
      [database, own, "tcp", 8080, "drop"],
      [{ address: "10.20.2.1" }, own, "tcp", 8080, "drop"],
    ] as const;
    for (const [from, to, protocol, port, verdict] of calls)
      assert.equal(
        evaluateNetworkPolicy([policy], { from, to, protocol, port }).verdict,
        verdict,
        `${from.address} ${to.address} ${protocol} ${port}`,
      );
  });

  it("keeps the registries' log-in secret, as a file in the pod", async () => {
    const resources = await scan(closedScanArgs());
    const { type, stringData } = only(resources, "kubernetes:core/v1:Secret").inputs;
    assert.equal(type, "kubernetes.io/dockerconfigjson");
    assert.ok(isSecret(stringData));
    assert.match(JSON.stringify(reveal(stringData)), /PLANTED/);
    for (const { inputs, name } of resources)
      assert.ok(!clearTexts(inputs).some((text) => text.includes("PLANTED")), name);
    const { pod } = jobIn(resources);
    assert.deepEqual(pod["imagePullSecrets"], [{ name: "image-scan-login" }]);
    assert.ok(
      pod.containers[0].env.some(
        ({ name, value }) => name === "DOCKER_CONFIG" && value === "/registry-login",
      ),
    );
  });

  describe("with a copy", () => {
    it("scans first, and copies by a container that has the key and cannot change the reports", async () => {
      const { job, pod } = jobIn(await scan(copiedScanArgs()));
      const [scanner] = pod.initContainers ?? [];
      const [copier] = pod.containers;
      assert.ok(scanner !== undefined);
      assert.deepEqual([scanner.name, copier.name], ["trivy", "copy"]);
      const mounts = (container: Container): string[] =>
        container.volumeMounts.map(
          ({ mountPath, readOnly }) => `${mountPath}${readOnly === true ? " (ro)" : ""}`,
        );
      assert.deepEqual(mounts(scanner), ["/reports", "/cache", "/tmp", "/state"]);
      assert.deepEqual(mounts(copier), ["/reports (ro)", "/store-login (ro)", "/state (ro)"]);
      assert.deepEqual(copier.securityContext, scanner.securityContext);
      assert.match(
        JSON.stringify(job.podFailurePolicy),
        /"containerName":"copy","operator":"In","values":\[10\]/,
      );
      assert.ok((scanner.command[2] ?? "").includes(">/state/exit-code"));
    });

    it("keeps the key secret, and escapes it for curl", async () => {
      const resources = await scan(copiedScanArgs());
      const { stringData } = only(resources, "kubernetes:core/v1:Secret", "image-scan-store").inputs;
      assert.ok(isSecret(stringData));
      assert.deepEqual(reveal(stringData), { "curl.conf": 'user = "PLANTED-access:PLANTED-\\"secret"\n' });
      for (const { inputs, name } of resources)
        assert.ok(!clearTexts(inputs).some((text) => text.includes("PLANTED")), name);
    });

    it("reaches the store as well, and nothing more", async () => {
      const { egress } = only(await scan(copiedScanArgs()), POLICY).inputs["spec"] as { egress: unknown[] };
      assert.deepEqual(egress.slice(2), [
        { to: [{ ipBlock: { cidr: "10.20.9.10/32" } }], ports: [{ protocol: "TCP", port: 9000 }] },
      ]);
    });

    it("refuses what is no such store", async () => {
      const { reports } = copiedScanArgs();
      assert.ok(reports?.copy !== undefined);
      const found = await refusals({
        ...scanArgs(),
        reports: {
          copy: {
            ...reports.copy,
            image: "curlimages/curl:latest",
            address: "http://objects.example.org/audit",
            credentials: { accessKey: "PLANTED", secretKey: "" },
            networks: [],
          },
        },
      });
      const paths = found.map((line) => line.slice(0, line.indexOf(":")));
      assert.deepEqual(paths.toSorted(), [
        "reports.copy.address",
        "reports.copy.credentials.secretKey",
        "reports.copy.image",
        "reports.copy.networks",
      ]);
      assert.ok(!found.join().includes("PLANTED"));
      const quoted = 'https://objects.example.org/audit/"$(id)"';
      const [line] = await refusals({
        ...scanArgs(),
        reports: { copy: { ...reports.copy, address: quoted } },
      });
      assert.match(line ?? "", /^reports\.copy\.address: /);
    });
  });

  it("takes a Secret that is there already", async () => {
    const resources = await scan(scanArgs({ registryLogin: { secretName: "registries" } }));
    assert.deepEqual(
      resources.filter(({ type }) => type === "kubernetes:core/v1:Secret"),
      [],
    );
    assert.deepEqual(jobIn(resources).pod["imagePullSecrets"], [{ name: "registries" }]);
  });

  it("names everything, in its namespace", async () => {
    const resources = await scan(closedScanArgs({ reports: { storageClass: "archive", size: "20 GiB" } }));
    const named = resources
      .filter(({ type }) => type.startsWith("kubernetes:"))
      .map(({ type, inputs }) => {
        const { name, namespace } = inputs["metadata"] as Record<string, string>;
        return `${type.split(":")[2] ?? ""} ${namespace ?? ""}/${name ?? ""}`;
      });
    assert.deepEqual(named.toSorted(), [
      "ConfigMap databases/image-scan-authorities",
      "CronJob databases/image-scan",
      "NetworkPolicy databases/image-scan",
      "PersistentVolumeClaim databases/image-scan-reports",
      "Secret databases/image-scan-login",
      "ServiceAccount databases/image-scan",
    ]);
    assert.deepEqual(only(resources, CLAIM).inputs["spec"], {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "archive",
      resources: { requests: { storage: "20480Mi" } },
    });
  });

  describe("refuses", () => {
    const trivy = (tag: string): Partial<ImageScanArgs> => ({
      scanner: `ghcr.io/aquasecurity/trivy:${tag}@${digest("c")}`,
    });
    for (const [change, expected] of [
      [
        trivy("0.69.4"),
        /^scanner: .* was published with malicious code \(CVE-2026-33634\); give such as .*0\.76\.2/,
      ],
      [trivy("0.69.5"), /CVE-2026-33634/],
      [trivy("v0.69.6-amd64"), /CVE-2026-33634/],
      [trivy("latest"), /^scanner: .* says latest, which is whatever it was last set to/],
      [trivy("canary"), /says canary/],
      [trivy("2026"), /says no version of Trivy/],
      [{ scanner: `trivy@${digest("c")}` }, /^scanner: .* is not pinned by version and digest/],
      [{ scanner: "aquasec/trivy:0.76.2" }, /^scanner: .* is not pinned by version and digest/],
      [{ scanner: SERVER_18 }, /^scanner: .* is no image of Trivy/],
      [{ scanner: undefined }, /^scanner: \(nothing\) is missing/],
      [{ images: [] }, /^images: .* is too short/],
      [{ images: ["postgres:18"] }, /^images\[0\]: "postgres:18" is not pinned/],
      [{ images: [SERVER_18, SERVER_18] }, /^images\[1\]: .* has the same repository and version/],
      [{ images: [`postgres:18.6;reboot@${digest("a")}`] }, /^images\[0\]: .* is not pinned/],
      [{ registries: [] }, /^registries: .* is too short/],
      [
        { registries: [{ network: "0.0.0.0/0" }] },
        /^registries\[0\]\.network: .* opens most of the Internet/,
      ],
      [{ registries: [{ network: "::/0" }] }, /opens most of the Internet/],
      [{ registries: [{ network: "10.0.0.1/24" }] }, /has host bits set; give 10\.0\.0\.0\/24/],
      [{ registries: [{ network: "10.0.0.0/24", ports: [0] }] }, /^registries\[0\]\.ports\[0\]: 0 /],
      [{ schedule: "0 2 * * 1" }, /^schedule: .* leaves more than a day between two scans/],
      [{ schedule: "@daily" }, /^schedule: /],
      [{ timeZone: "Local" }, /^timeZone: "Local" is no time zone/],
      [{ timeZone: "+02:00" }, /^timeZone: /],
      [{ reports: { count: 0 } }, /^reports\.count: 0 is too small/],
      [{ reports: { age: "1 h" } }, /^reports\.age: "1 h" is less than 1 d/],
      [{ database: { from: "claim" } }, /^database\.claim: \(nothing\) is missing/],
      [
        { database: { from: "claim", claim: "db", maximumAge: "60 d" } },
        /^database\.maximumAge: .* more than 30 d/,
      ],
      [{ database: { from: "registry", repositories: ["x; reboot"] } }, /^database\.repositories\[0\]: /],
      [{ database: { from: "internet" } }, /^database\.from: /],
      [{ imageTimeLimit: "3 h" }, /^imageTimeLimit: .* longer than the whole job/],
      [{ startWithin: "10 h", schedule: "0 */6 * * *" }, /^startWithin: .* reaches into the next run/],
      [{ user: 0 }, /^user: 0 is too small/],
      [{ registryLogin: { credentials: "" } }, /^registryLogin\.credentials: \(hidden\)/],
      [{ dns: { namespace: "kube-system", labels: {} } }, /^dns\.labels: .* selects every pod/],
      [{ authorities: "none" }, /^authorities: /],
      [{ severity: "LOW" }, /^severity: "LOW" is not a known setting/],
    ] as const)
      it(JSON.stringify(change).slice(0, 90), async () => {
        const found = await refusals({ ...scanArgs(), ...change });
        assert.ok(
          found.some((line) => expected.test(line)),
          found.join("\n"),
        );
      });

    it("everything at once, and the name too", async () => {
      const found = await refusals({ ...scanArgs(trivy("0.69.4")), images: ["postgres"], user: 0 }, "Scan_1");
      const paths = found.map((line) => line.slice(0, line.indexOf(":")));
      assert.deepEqual(paths.toSorted(), ["images[0]", "name", "scanner", "user"]);
    });

    it("without ever showing the log-in", async () => {
      const found = await refusals({ ...scanArgs(), registryLogin: { credentials: 7, password: "PLANTED" } });
      assert.equal(found.length, 2);
      assert.ok(!/PLANTED|7/.test(found.join("\n")), found.join("\n"));
    });
  });
});
