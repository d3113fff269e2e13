import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { VeleroBackups, type VeleroBackupsArgs } from "../../components/kubernetes/index.js";
import { judgedPassword } from "../../components/kubernetes/velero-backups/repository-password.js";
import { clearTexts, isSecret, only, record, reveal, type Recorded } from "../libvirt/recorder.js";
import { judged } from "./judged.js";
import { refusalsOf } from "./refusals.js";
import { PASSWORD, readingArgs, veleroArgs } from "./velero-backups-samples.js";

const LOCATION = "kubernetes:velero.io/v1:BackupStorageLocation";
const SCHEDULE = "kubernetes:velero.io/v1:Schedule";
const SECRET = "kubernetes:core/v1:Secret";

const make = (args: VeleroBackupsArgs): Promise<Recorded[]> =>
  record(() => new VeleroBackups("backups", args));
const of = (resources: readonly Recorded[], type: string): Recorded[] =>
  resources.filter((resource) => resource.type === type);
const specOf = ({ inputs }: Recorded): Record<string, unknown> => inputs["spec"] as Record<string, unknown>;
const named = ({ inputs }: Recorded): string => (inputs["metadata"] as { name: string }).name;

/** A change of the one location. */
const located = (change: object): Partial<VeleroBackupsArgs> => ({
  locations: veleroArgs().locations.map((location) => ({ ...location, ...change })),
});
/** A change of the one database. */
const holding = (change: object): Partial<VeleroBackupsArgs> => ({
  databases: (veleroArgs().databases ?? []).map((database) => ({ ...database, ...change })),
});
const scheduled = (change: object): Partial<VeleroBackupsArgs> => ({
  schedules: [{ name: "daily", schedule: "0 2 * * *", ttl: "168h", ...change }],
});

describe("VeleroBackups", function () {
  this.timeout(60_000);

  for (const [title, args] of [
    ["of the cluster that writes", veleroArgs()],
    ["of the cluster that reads", readingArgs()],
  ] as const)
    it(`renders nothing that the policy pack finds fault with, ${title}`, async () =>
      assert.deepEqual(judged(await make(args)), []));

  it("makes a daily backup that is kept a week and a weekly one that is kept a month", async () => {
    const schedules = of(await make(veleroArgs()), SCHEDULE);
    assert.deepEqual(
      schedules.map((each) => {
        const { schedule, template } = specOf(each) as { schedule: string; template: { ttl: string } };
        return [named(each), schedule, template.ttl];
      }),
      [
        ["orders-daily", "0 2 * * *", "168h"],
        ["orders-weekly", "0 3 * * 0", "720h"],
      ],
    );
  });

  it("snapshots by CSI, moves the data, and never reads live files; deleting a schedule deletes no backup", async () => {
    const [daily] = of(await make(veleroArgs()), SCHEDULE);
    assert.ok(daily !== undefined);
    const { template, ...own } = specOf(daily);
    assert.deepEqual(own, { schedule: "0 2 * * *", paused: false, useOwnerReferencesInBackup: false });
    const { hooks, ...rest } = template as Record<string, unknown>;
    assert.ok(hooks !== undefined);
    assert.deepEqual(rest, {
      includedNamespaces: ["orders"],
      storageLocation: "default",
      ttl: "168h",
      snapshotVolumes: true,
      snapshotMoveData: true,
      defaultVolumesToFsBackup: false,
      csiSnapshotTimeout: "10m",
      itemOperationTimeout: "4h",
    });
    const { annotations } = daily.inputs["metadata"] as { annotations: Record<string, string> };
    assert.equal(annotations["velero.io/csi-volumesnapshot-class_ebs.csi.aws.com"], "database-snapshots");
  });

  it("checkpoints before the snapshot with time enough, and goes on without", async () => {
    const [daily] = of(await make(veleroArgs()), SCHEDULE);
    assert.ok(daily !== undefined);
    const { hooks } = specOf(daily)["template"] as { hooks: unknown };
    assert.deepEqual(hooks, {
      resources: [
        {
          name: "checkpoint",
          includedNamespaces: ["orders"],
          includedResources: ["pods"],
          labelSelector: {
            matchLabels: {
              "app.kubernetes.io/name": "postgresql",
              "app.kubernetes.io/instance": "orders-a",
            },
          },
          pre: [
            {
              exec: {
                container: "postgres",
                command: ["psql", "-XAtq", "-U", "maint", "-d", "postgres", "-c", "CHECKPOINT"],
                onError: "Continue",
                timeout: "10m",
              },
            },
          ],
        },
      ],
    });
    const without = of(await make(veleroArgs(holding({ checkpoint: undefined }))), SCHEDULE);
    for (const each of without) assert.ok(!JSON.stringify(specOf(each)).includes("hooks"));
  });

  it("groups the snapshots of several volumes by their label", async () => {
    const [daily] = of(
      await make(
        veleroArgs({
          version: "1.18.3",
          ...holding({ volumes: ["data", "wal"], volumeGroup: "example.org/group" }),
        }),
      ),
      SCHEDULE,
    );
    assert.ok(daily !== undefined);
    const template = specOf(daily)["template"] as Record<string, unknown>;
    assert.equal(template["volumeGroupSnapshotLabelKey"], "example.org/group");
  });

  it("reaches its store over verified TLS, encrypted there, by a key of its own", async () => {
    const resources = await make(veleroArgs());
    const { objectStorage, ...spec } = specOf(only(resources, LOCATION));
    assert.deepEqual(spec, {
      provider: "aws",
      default: true,
      accessMode: "ReadWrite",
      backupSyncPeriod: "1m",
      credential: { name: "backups-default", key: "cloud" },
      config: {
        region: "us-east-1",
        s3Url: "https://objects.example.org:9000",
        s3ForcePathStyle: "true",
        serverSideEncryption: "AES256",
      },
    });
    const { caCert, ...place } = objectStorage as Record<string, string>;
    assert.deepEqual(place, { bucket: "backups", prefix: "orders/velero" });
    assert.match(Buffer.from(caCert ?? "", "base64").toString(), /^-----BEGIN CERTIFICATE-----\n/);
    const { stringData } = only(resources, SECRET, "backups-default-credentials").inputs;
    assert.ok(isSecret(stringData));
    assert.deepEqual(reveal(stringData), {
      cloud: "[default]\naws_access_key_id = PLANTED-access\naws_secret_access_key = PLANTED-secret\n",
    });
  });

  it("sets the repositories' password before everything else, unchangeable, and shows it nowhere", async () => {
    const resources = await make(veleroArgs());
    const { metadata, immutable, stringData } = only(resources, SECRET, "backups-repository").inputs;
    assert.equal((metadata as { name: string }).name, "velero-repo-credentials");
    assert.equal(immutable, true);
    assert.ok(isSecret(stringData));
    assert.deepEqual(reveal(stringData), { "repository-password": PASSWORD });
    for (const { inputs, name } of resources)
      assert.ok(!clearTexts(inputs).some((text) => text.includes("PLANTED")), name);
    const order = resources.map(({ type }) => type);
    assert.ok(order.indexOf(SECRET) < order.indexOf(LOCATION));
    assert.ok(order.lastIndexOf(LOCATION) < order.indexOf(SCHEDULE));
  });

  it("lets Velero be installed after the password and before everything of its kinds", async () => {
    const resources = await make(
      veleroArgs({
        install: (password) => [
          new k8s.core.v1.ConfigMap(
            "velero-stand-in",
            { metadata: { name: "velero" } },
            { dependsOn: [password] },
          ),
        ],
      }),
    );
    const at = (name: string): number => resources.findIndex((resource) => resource.name === name);
    assert.ok(at("backups-repository") < at("velero-stand-in"));
    assert.ok(at("velero-stand-in") < at("backups-default"));
  });

  it("only reads in the second cluster: the same place, no schedule, a Secret that is there", async () => {
    const resources = await make(readingArgs());
    assert.deepEqual(of(resources, SCHEDULE), []);
    const [writer, reader] = [await make(veleroArgs()), resources].map((each) =>
      specOf(only(each, LOCATION)),
    );
    assert.equal(reader?.["accessMode"], "ReadOnly");
    assert.deepEqual(reader["objectStorage"], writer?.["objectStorage"]);
    assert.deepEqual(reader["credential"], { name: "object-store", key: "cloud" });
  });

  it("has the engine wait until Velero has found nothing wrong", async () => {
    const resources = await make(veleroArgs());
    for (const [type, phase] of [
      [LOCATION, "Available"],
      [SCHEDULE, "Enabled"],
    ] as const)
      for (const { inputs } of of(resources, type)) {
        const { annotations } = inputs["metadata"] as { annotations: Record<string, string> };
        assert.equal(annotations["pulumi.com/waitFor"], `jsonpath={.status.phase}=${phase}`);
      }
  });

  it("never makes a Backup or a Restore: those happen once", async () => {
    const kinds = (await make(veleroArgs())).map(({ type }) => type);
    assert.ok(!kinds.some((type) => /:(?:Backup|Restore|DeleteBackupRequest)$/.test(type)));
  });

  describe("refuses", () => {
    for (const [change, expected] of [
      [scheduled({ ttl: "7d" }), /^schedules\[0\]\.ttl: "7d" is no duration of Go; give .*168h/],
      [scheduled({ ttl: "1 week" }), /^schedules\[0\]\.ttl: .* is no duration of Go/],
      [scheduled({ ttl: "24h" }), /^schedules\[0\]\.ttl: .* ends before two runs.*; give 48h or more/],
      [{ snapshotTimeout: "10 min" }, /^snapshotTimeout: "10 min" is no duration of Go/],
      [{ moveTimeout: "1s" }, /^moveTimeout: "1s" is less than 10m/],
      [located({ syncPeriod: "2h" }), /^locations\[0\]\.syncPeriod: "2h" is more than 1h/],
      [
        holding({ checkpoint: { labels: { app: "orders" }, timeout: "30s" } }),
        /^databases\[0\]\.checkpoint\.timeout: "30s" is less than 1m/,
      ],
      [
        { ...scheduled({ location: "default" }), ...located({ access: "ReadOnly" }) },
        /^schedules\[0\]\.location: "default" is a schedule on a read-only location, default.*; give a location with access ReadWrite/,
      ],
      [
        { ...scheduled({}), ...located({ access: "ReadOnly" }) },
        /^schedules\[0\]\.location: \(nothing\) is a schedule on a read-only location, default/,
      ],
      [located({ access: "ReadOnly" }), /^locations\[0\]\.access: "ReadOnly" takes no backups/],
      [
        scheduled({ location: "elsewhere" }),
        /^schedules\[0\]\.location: "elsewhere" is no declared location.*; give one of default/,
      ],
      [{ locations: [] }, /^locations: .* is too short/],
      [{ locations: undefined }, /^locations: \(nothing\) is missing/],
      [located({ access: undefined }), /^locations\[0\]\.access: \(nothing\) is missing/],
      [located({ bucket: "" }), /^locations\[0\]\.bucket: /],
      [located({ address: "http://objects.example.org" }), /^locations\[0\]\.address: /],
      [
        located({ insecureSkipTLSVerify: true }),
        /^locations\[0\]\.insecureSkipTLSVerify: .* not a known setting/,
      ],
      [{ locations: [...veleroArgs().locations, ...veleroArgs().locations] }, /^locations\[1\]\.folder: /],
      [holding({ volumes: ["data", "wal"] }), /^databases\[0\]\.volumes: .*silently wrong; give one volume/],
      [holding({ volumes: [] }), /^databases\[0\]\.volumes: .* is too short/],
      [
        holding({ volumes: ["data", "wal"], volumeGroup: "group" }),
        /^databases\[0\]\.volumeGroup: "group" is not known to Velero 1\.14; give version 1\.18/,
      ],
      [holding({ checkpoint: { labels: {} } }), /^databases\[0\]\.checkpoint\.labels: .* selects every pod/],
      [scheduled({ schedule: "@daily" }), /^schedules\[0\]\.schedule: /],
      [scheduled({ schedule: "0 2 * * 1", ttl: "720h" }), /^schedules: .* leave more than a day/],
      [{ ...scheduled({}), databases: [] }, /^schedules: .* have nothing to back up/],
      [{ version: "1.13" }, /^version: "1\.13" is too old/],
      [{ version: "latest" }, /^version: /],
      [
        holding({ namespace: "a-namespace-with-a-name-so-long-that-it-fills" }),
        /^databases\[0\]\.namespace: /,
      ],
    ] as const)
      it(JSON.stringify(change).slice(0, 90), async () => {
        const found = await refusalsOf(
          () => new VeleroBackups("backups", { ...veleroArgs(), ...change } as unknown as VeleroBackupsArgs),
        );
        assert.ok(
          found.some((line) => expected.test(line)),
          found.join("\n"),
        );
      });

    for (const [title, password, expected] of [
      ["none", undefined, /is missing/],
      ["Velero's own", "static-passw0rd", /which everybody knows/],
      ["a short one", "PLANTED", /is too short/],
      ["one with a line's end", "PLANTED-repository-password\n", /white space/],
    ] as const)
      it(`as the repositories' password ${title}, without showing it`, async () => {
        const [line = ""] = await refusalsOf(
          () => new VeleroBackups("backups", veleroArgs({ repositoryPassword: password as string })),
        );
        assert.match(line, /^repositoryPassword: \(hidden\)|^repositoryPassword: \(nothing\)/);
        assert.match(line, expected);
        assert.ok(!/PLANTED|passw0rd/.test(line));
      });

    it("a well-known password too that the engine knows only later", async () => {
      const late = judgedPassword("VeleroBackups backups", pulumi.secret("static-passw0rd"));
      const known = (late as unknown as { promise(): Promise<string> }).promise();
      await assert.rejects(known, (error: unknown) => {
        assert.match(String(error), /repositoryPassword: \(hidden\) is the one that Velero ships with/);
        assert.ok(!String(error).includes("passw0rd"));
        return true;
      });
    });

    it("everything at once", async () => {
      const found = await refusalsOf(
        () =>
          new VeleroBackups("Backups_1", {
            ...veleroArgs(scheduled({ ttl: "7d" })),
            ...located({ bucket: "B" }),
            version: "2",
          }),
      );
      const paths = found.map((line) => line.slice(0, line.indexOf(":")));
      assert.deepEqual(paths.toSorted(), ["locations[0].bucket", "name", "schedules[0].ttl", "version"]);
    });
  });
});
