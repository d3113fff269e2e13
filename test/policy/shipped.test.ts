import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import {
  guestNames,
  parseEnvironment,
  passwordRoles,
  type Environment,
  type Secrets,
} from "../../components/declaration/index.js";
import { PostgresCluster as KubernetesCluster } from "../../components/kubernetes/index.js";
import { PostgresCluster as KvmCluster } from "../../components/libvirt/index.js";
import { PostgresCluster as VsphereCluster } from "../../components/vsphere/index.js";
import { Node } from "../../policy/node.js";
import { RULES, type Exemption, type Subject } from "../../policy/index.js";
import { applies, visit } from "../../policy/visitor.js";
import { changed } from "../declaration/change.js";
import { vmwareEnvironment } from "../fixtures/environment.js";
import { accounts } from "../vsphere/samples.js";
import { HOST_KEY } from "../vsphere/vcenter.js";
import { NOW } from "./fixtures.js";

const password = "planted-password-planted-password";
const pair = { private: `-----BEGIN OPENSSH PRIVATE KEY-----\n${password}`, public: "ssh-ed25519 AAAA" };
const certificate = {
  certificate: "-----BEGIN CERTIFICATE-----",
  key: `-----BEGIN PRIVATE KEY-----\n${password}`,
};
function secretsOf(environment: Environment): Secrets {
  return {
    authority: "-----BEGIN CERTIFICATE-----",
    certificates: Object.fromEntries(guestNames(environment).map((guest) => [guest, certificate])),
    passwords: Object.fromEntries(passwordRoles(environment).map((role) => [role, password])),
    repositoryPassphrase: password,
    patroniPassword: password,
    tsig: "cGxhbnRlZC1wYXNzd29yZA==",
    operationsKey: pair,
    fencingKey: pair,
  };
}

/** What the SDK wraps a secret in on its way to the engine. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** Takes the wrappers off and notes where they were. */
function unwrap(value: unknown, path: string, secretPaths: string[]): unknown {
  if (Array.isArray(value))
    return value.map((item: unknown, i) => unwrap(item, `${path}[${i}]`, secretPaths));
  if (typeof value !== "object" || value === null) return value;
  if (Object.hasOwn(value, SIGNATURE)) {
    secretPaths.push(path);
    return unwrap((value as { value?: unknown }).value, path, secretPaths);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, unwrap(item, `${path}.${key}`, secretPaths)]),
  );
}

/** Every resource that a cluster consists of, as policies see it. */
async function resourcesOf(input: unknown, protect = true): Promise<Subject[]> {
  const subjects: Subject[] = [];
  // The engine tells mocks no URN; the types of all parents stand in it.
  const chains = new Map<pulumi.Resource, string>();
  const urns = new Map<string, string>();
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      const secretPaths: string[] = [];
      const plain = unwrap(inputs, "", secretPaths);
      subjects.push({
        type,
        name,
        urn: `${type} ${name}`,
        inputs: new Node(plain),
        // The engine tells mocks nothing about options; the components set this one on what holds data.
        protect,
        provider: undefined,
        secretPaths,
      });
      return { id: `${name}-id`, state: { name, stdout: HOST_KEY, ...(inputs as object) } };
    },
    call: () => ({}),
  });
  const environment = parseEnvironment(input);
  const secrets = secretsOf(environment);
  const options: pulumi.ComponentResourceOptions = {
    transformations: [
      ({ resource, type, name, opts }) => {
        const parent = opts.parent === undefined ? undefined : chains.get(opts.parent);
        const chain = parent === undefined ? type : `${parent}$${type}`;
        chains.set(resource, chain);
        urns.set(`${type} ${name}`, `urn:pulumi:s::p::${chain}::${name}`);
        return undefined;
      },
    ],
  };
  const privateKey = pulumi.secret(pair.private);
  const common = { secrets: pulumi.secret(secrets), protect };
  const { name } = environment.cluster;
  const cluster =
    environment.platform === "kvm"
      ? new KvmCluster(
          name,
          { ...common, environment, access: { sshKeyFile: "/k", privateKey, knownHostsFile: "/h" } },
          options,
        )
      : environment.platform === "kubernetes"
        ? new KubernetesCluster(
            name,
            {
              ...common,
              environment,
              kubeconfigs: Object.fromEntries(
                environment.kubernetes.sites.map(({ site }) => [site, pulumi.secret(`${password} ${site}`)]),
              ),
            },
            options,
          )
        : new VsphereCluster(
            name,
            {
              ...common,
              environment,
              access: { privateKey },
              vcenters: Object.fromEntries(
                environment.vmware.sites.map(({ vcenter }) => [vcenter, accounts(vcenter)]),
              ),
            },
            options,
          );
  await new Promise((resolve) => pulumi.output(cluster.endpoint).apply(resolve));
  await pulumi.runtime.disconnect();
  return subjects.map((subject) => ({ ...subject, urn: urns.get(subject.urn) ?? "" }));
}

const root = join(__dirname, "..", "..");

/** Exemptions that a stack comes with, by rule. */
function exemptionsOf(stack: string): Readonly<Record<string, { exemptions?: Exemption[] }>> {
  const file = join(root, "policy", "exemptions", `${stack}.json`);
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, { exemptions?: Exemption[] }>)
    : {};
}

function said(
  subjects: readonly Subject[],
  config: ReturnType<typeof exemptionsOf> = {},
  needed = new Set<Exemption>(),
): string[] {
  return RULES.flatMap((rule) => {
    const groups =
      rule.scope === "stack"
        ? [subjects]
        : subjects.filter(({ type }) => applies(rule, type)).map((each) => [each]);
    const circumstances = {
      exemptions: config[rule.id]?.exemptions ?? [],
      now: NOW,
      used: (exemption: Exemption) => void needed.add(exemption),
    };
    return groups.flatMap((group) =>
      visit(rule, group, circumstances).map(({ kind, text }) => {
        const weight = kind === "violation" && rule.level === "advisory" ? "advice" : kind;
        return `${weight} ${rule.id} ${group[0]?.name}: ${text}`;
      }),
    );
  });
}

describe("policies and our own components", function () {
  this.timeout(120_000); // Loading the components takes seconds on a busy machine.

  it("a cluster violates no rule; encryption below the pool cannot be seen and is advised", async () => {
    const subjects = await resourcesOf(changed([]));
    for (const type of [
      "libvirt:index/domain:Domain",
      "libvirt:index/volume:Volume",
      "command:remote:Command",
      "pulumi:providers:libvirt",
    ])
      assert.ok(
        subjects.some((each) => each.type === type),
        type,
      );
    const found = said(subjects);
    assert.deepEqual(
      found.filter((text) => !text.startsWith("advice volume-encrypted")),
      [],
    );
    assert.ok(!found.join("\n").includes("planted"), "a secret is shown");
  });

  it("a cluster on vSphere violates no rule, and shows no secret; what its vCenter may lack is advised", async () => {
    const { hardening, ...rest } = vmwareEnvironment();
    // Without a time server its VMs take the time from their host, which a rule forbids.
    const subjects = await resourcesOf({ ...rest, hardening: { ...hardening, ntp: ["10.77.0.123"] } });
    for (const type of [
      "vsphere:index/virtualMachine:VirtualMachine",
      "vsphere:index/distributedPortGroup:DistributedPortGroup",
      "command:remote:Command",
      "pulumi:providers:vsphere",
    ])
      assert.ok(
        subjects.some((each) => each.type === type),
        type,
      );
    const found = said(subjects);
    assert.deepEqual(
      found.filter((text) => !/^advice vm-(?:tpm|encrypted) /.test(text)),
      [],
    );
    const texts = JSON.stringify(subjects.map(({ inputs, secretPaths }) => [inputs.value, secretPaths]));
    assert.ok(texts.includes("PLANTED"), "the test sees what is secret");
  });

  it("direct kernel boot violates secure boot and nothing else", async () => {
    const subjects = await resourcesOf(
      changed([
        "hardening.secureBoot = false",
        'kvm.boot = {"kind":"direct","kernel":"/boot/vmlinuz","initrd":"/boot/initrd","commandLine":"root=/dev/vda"}',
      ]),
    );
    const ids = new Set(said(subjects).map((text) => text.split(" ")[1]));
    assert.deepEqual([...ids].toSorted(), ["secure-boot", "volume-encrypted"]);
  });

  const stacks = readdirSync(root).flatMap((file) => /^Pulumi\.([a-z0-9-]+)\.yaml$/.exec(file)?.[1] ?? []);
  for (const stack of stacks)
    it(`the stack ${stack} violates nothing that blocks, and each of its exemptions is needed`, async () => {
      const file = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as {
        config: Record<string, unknown>;
      };
      const config = exemptionsOf(stack);
      const needed = new Set<Exemption>();
      const found = said(
        await resourcesOf(file.config["pgkeep:environment"], file.config["pgkeep:protect"] !== false),
        config,
        needed,
      );
      assert.deepEqual(
        found.filter((text) => !/^(?:note|advice) /.test(text)),
        [],
      );
      for (const [rule, { exemptions = [] }] of Object.entries(config))
        for (const exemption of exemptions) assert.ok(needed.has(exemption), `${rule} ${exemption.resource}`);
    });
});
