import {
  guestNames,
  parseEnvironment,
  passwordRoles,
  type EnvironmentInput,
  type Secrets,
} from "../components/declaration/index.js";

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmVYzGJBLmlzQe1Z1rBQ6vJXb0lMvTzE1mYvWQGfVxA";

/**
 * A complete environment of two members and a witness with every kind of backup, replication, failover and drill.
 * Each index gives other names, so that many fit into one stack; the addresses may repeat, nothing is ever reached.
 */
export function sampleEnvironment(index: number): EnvironmentInput {
  const host = (site: string, octet: number) => ({
    name: `host-${site}-${index}`,
    site,
    address: `10.77.0.${octet}`,
    hostKey: HOST_KEY,
    bridges: { management: "br-mgmt", client: "br-client", replication: "br-repl" },
  });
  const guest = (name: string, octet: number) => ({
    guest: `${name}-${index}`,
    management: `10.77.0.${octet}`,
    client: `10.77.1.${octet}`,
    replication: `10.77.2.${octet}`,
  });
  return {
    name: `benchmark-${index}`,
    platform: "kvm",
    cluster: {
      name: `orders-${index}`,
      version: "17.11",
      members: [
        { name: `pg-a-${index}`, site: "a" },
        { name: `pg-b-${index}`, site: "b" },
      ],
      sizing: { class: "small" },
      databases: [{ name: "shop", extensions: ["amcheck"] }],
      roles: [
        { name: "shop_app", kind: "app", databases: ["shop"] },
        { name: "metrics", kind: "monitor" },
      ],
    },
    sites: [
      { name: "a", role: "primary" },
      { name: "b", role: "standby" },
      { name: "w", role: "witness" },
    ],
    objectives: { rpo: "0 s", rto: "5 min", availability: 99.9 },
    backup: {
      repository: { site: "w" },
      vmSnapshot: {},
      base: {
        full: { schedule: "0 1 * * 0" },
        differential: { schedule: "0 1 * * 1-6" },
        retention: { age: "14 d" },
      },
      wal: {},
    },
    replication: { mode: "sync", vm: { to: "b" } },
    failover: {
      mode: "automatic",
      redirect: { kind: "dns", zone: "db.example.org", server: "10.77.0.53", key: "pgkeep" },
    },
    access: {
      groups: [{ name: "app", networks: ["10.77.1.201/32", "10.77.1.202/32"] }],
      rules: [{ from: "app", roles: ["shop_app", "metrics"], description: "application servers" }],
    },
    platformRoles: { auditors: ["audit"], backupOperators: ["backupop"], recoveryOperators: ["drop"] },
    drills: {
      restore: { schedule: "0 5 1 * *" },
      failover: { schedule: "0 6 1 * *" },
      site: { schedule: "0 7 1 * *" },
    },
    capacity: { site: "b", cpus: 4, memory: "8 GiB" },
    kvm: {
      hosts: [host("a", 11), host("b", 12), host("w", 13)],
      image: { path: "/var/lib/libvirt/images/pgkeep-17.qcow2" },
      networks: { management: "10.77.0.0/24", client: "10.77.1.0/24", replication: "10.77.2.0/24" },
      addresses: [guest("pg-a", 101), guest("pg-b", 102), guest("witness", 103)],
      witness: { name: `witness-${index}` },
    },
  };
}

/** Made-up secrets of the right shape; they open nothing. */
export function sampleSecrets(input: EnvironmentInput): Secrets {
  const environment = parseEnvironment(input);
  const text = (what: string): string => `made-up ${what} of the benchmark, opens nothing`;
  return {
    authority: text("authority"),
    certificates: Object.fromEntries(
      guestNames(environment).map((name) => [name, { certificate: text("certificate"), key: text("key") }]),
    ),
    passwords: Object.fromEntries(passwordRoles(environment).map((role) => [role, text("password")])),
    repositoryPassphrase: text("passphrase"),
    patroniPassword: text("password"),
    tsig: Buffer.from(text("key")).toString("base64"),
    operationsKey: { private: text("private key"), public: HOST_KEY },
    fencingKey: { private: text("private key"), public: HOST_KEY },
  };
}
