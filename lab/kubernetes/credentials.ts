import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { createAuthority, type Issued } from "../../operations/secrets/authority.js";
import type { ApiAccess } from "./api.js";

/** Files of a cluster's control plane; readable by their owner alone. */
export interface ControlPlaneFiles {
  readonly authority: string;
  /** Certificate and key of every server: etcd and API server. */
  readonly server: KeyFiles;
  /** By which the API server is known to etcd. */
  readonly etcdClient: KeyFiles;
  /** Key that signs tokens of accounts, and its public half. */
  readonly accounts: { readonly private: string; readonly public: string };
  /** What data at rest is encrypted with. */
  readonly encryption: string;
}

export interface KeyFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Who calls the API server, with the groups that it takes from the certificate. */
const CLIENTS = {
  admin: { commonName: "lab-administrator", organizations: ["system:masters"] },
  controllerManager: { commonName: "system:kube-controller-manager", organizations: [] },
  scheduler: { commonName: "system:kube-scheduler", organizations: [] },
  // It plays the kubelets of all nodes, and what gives load balancers their addresses.
  nodes: { commonName: "lab-nodes", organizations: ["system:masters"] },
  velero: { commonName: "lab-velero", organizations: ["system:masters"] },
  // Who calls `pgkeep`; rights are granted one by one.
  operator: { commonName: "lab-operator", organizations: [] },
} as const;
export type Client = keyof typeof CLIENTS;

/** Everything by which a cluster knows itself and others, made anew for each laboratory. */
export interface Credentials {
  readonly files: ControlPlaneFiles;
  /** Kubeconfig of each client: the file, and its text. */
  readonly kubeconfigs: Readonly<Record<Client, { readonly path: string; readonly text: string }>>;
  /** The administrator's. */
  readonly access: ApiAccess;
}

export async function createCredentials(
  dir: string,
  context: string,
  server: string,
  serviceAddress: string,
): Promise<Credentials> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const put = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const pair = (name: string, { certificate, key }: Issued): KeyFiles => ({
    certificate: put(`${name}.pem`, certificate),
    key: put(`${name}.key`, key),
  });
  const authority = await createAuthority(context, new Date());
  const names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"];
  const issued = await authority.issue({
    commonName: "kubernetes",
    dnsNames: names,
    addresses: ["127.0.0.1", serviceAddress],
  });
  const client = (commonName: string, organizations: readonly string[]): Promise<Issued> =>
    authority.issue({ commonName, dnsNames: [], addresses: [], organizations });
  const signing = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const files: ControlPlaneFiles = {
    authority: put("authority.pem", authority.certificate),
    server: pair("server", issued),
    etcdClient: pair("etcd-client", await client("api-server", [])),
    accounts: {
      private: put("accounts.key", signing.privateKey),
      public: put("accounts.pub", signing.publicKey),
    },
    encryption: put("encryption.yaml", encryptionOf(randomKey())),
  };
  const kubeconfigs: Record<string, { path: string; text: string }> = {};
  let access: ApiAccess | undefined;
  for (const [name, { commonName, organizations }] of Object.entries(CLIENTS)) {
    const one: ApiAccess = {
      server,
      authority: authority.certificate,
      ...(await client(commonName, organizations)),
    };
    const text = kubeconfigOf(context, one);
    kubeconfigs[name] = { path: put(`${name}.kubeconfig`, text), text };
    if (name === "admin") access = one;
  }
  if (access === undefined) throw new Error("no administrator");
  return { files, kubeconfigs: kubeconfigs as Credentials["kubeconfigs"], access };
}

function randomKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
}

/** Secrets lie encrypted in etcd. */
function encryptionOf(secret: string): string {
  return stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [
      {
        resources: ["secrets"],
        providers: [{ secretbox: { keys: [{ name: "lab", secret }] } }, { identity: {} }],
      },
    ],
  });
}

function kubeconfigOf(name: string, { server, authority, certificate, key }: ApiAccess): string {
  const data = (text: string): string => Buffer.from(text).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": data(authority) } }],
    users: [{ name, user: { "client-certificate-data": data(certificate), "client-key-data": data(key) } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}
