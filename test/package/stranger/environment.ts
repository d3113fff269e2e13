import type { KvmEnvironmentInput } from "pgkeep/declaration";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmVYzGJBLmlzQe1Z1rBQ6vJXb0lMvTzE1mYvWQGfVxA";
const bridges = { management: "br-mgmt", client: "br-client", replication: "br-repl" };

/** Written by hand, as a user does: an environment of two members and a witness. */
export const environment: KvmEnvironmentInput = {
  name: "accounts",
  platform: "kvm",
  cluster: {
    name: "accounts",
    version: "18.6",
    members: [
      { name: "north", site: "n" },
      { name: "south", site: "s" },
    ],
    sizing: { class: "medium", storage: "nvme" },
    databases: [{ name: "ledger" }],
    roles: [{ name: "ledger_app", kind: "app", databases: ["ledger"] }],
  },
  sites: [
    { name: "n", role: "primary" },
    { name: "s", role: "standby" },
    { name: "t", role: "witness" },
  ],
  objectives: { rpo: "0 s", rto: "5 min", availability: 99.9 },
  backup: {
    repository: { site: "t" },
    vmSnapshot: {},
    base: {
      full: { schedule: "0 1 * * 0" },
      incremental: { schedule: "0 1 * * 1-6" },
      retention: { age: "14 d" },
    },
    wal: {},
  },
  replication: { mode: "sync", vm: { to: "s" } },
  failover: { mode: "automatic", redirect: { kind: "vip", address: "10.9.1.100" } },
  access: {
    groups: [{ name: "app", networks: ["10.9.1.201/32"] }],
    rules: [{ from: "app", roles: ["ledger_app"], description: "application server" }],
  },
  drills: {
    restore: { schedule: "0 5 1 * *" },
    failover: { schedule: "0 6 1 * *" },
    site: { schedule: "0 7 1 * *" },
  },
  capacity: { site: "s", cpus: 4, memory: "16 GiB" },
  kvm: {
    hosts: [
      { name: "kvm-n", site: "n", address: "10.9.0.11", hostKey, bridges },
      { name: "kvm-s", site: "s", address: "10.9.0.12", hostKey, bridges },
      { name: "kvm-t", site: "t", address: "10.9.0.13", hostKey, bridges },
    ],
    image: { path: "/var/lib/libvirt/images/pgkeep-18.qcow2" },
    networks: { management: "10.9.0.0/24", client: "10.9.1.0/24", replication: "10.9.2.0/24" },
    addresses: [
      { guest: "north", management: "10.9.0.101", client: "10.9.1.101", replication: "10.9.2.101" },
      { guest: "south", management: "10.9.0.102", client: "10.9.1.102", replication: "10.9.2.102" },
      { guest: "third", management: "10.9.0.103", client: "10.9.1.103", replication: "10.9.2.103" },
    ],
    witness: { name: "third" },
  },
};
