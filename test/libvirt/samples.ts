import type { DeployerAccess, PostgresVmArgs } from "../../components/libvirt/index.js";
import type { KvmHost, Purpose } from "../../components/declaration/index.js";

/** How tests reach hypervisors that do not exist. */
export const access: DeployerAccess & { privateKey: string } = {
  sshKeyFile: "/keys/deployer",
  privateKey: "PLANTED-DEPLOYER-KEY",
  knownHostsFile: "${HOME}/known_hosts",
};

const host = (change: Partial<KvmHost>): KvmHost => ({
  name: "host-a",
  site: "a",
  address: "192.0.2.11",
  port: 22,
  user: "root",
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmVYzGJBLmlzQe1Z1rBQ6vJXb0lMvTzE1mYvWQGfVxA",
  bridges: { management: "br-mgmt", client: "br-client", replication: "br-repl" },
  poolPath: "/srv/pool",
  ...change,
});

export const hosts = { root: host({}), operator: host({ user: "deploy", port: 2222 }) };

const GIB = 1024 ** 3;

/** A complete guest. */
export function vmArgs(): PostgresVmArgs {
  const one = (purpose: Purpose, number: number) => ({
    network: `net-${purpose}`,
    mac: `52:54:00:0${number}:00:0a`,
    ...(purpose === "client" ? { filter: "flt", parameters: [{ name: "IP", value: "192.0.2.1" }] } : {}),
  });
  return {
    name: "pg-a1",
    description: "a test",
    sizing: {
      cpus: 2,
      memory: 2 * GIB,
      disks: { system: 8 * GIB, data: 4 * GIB, wal: 2 * GIB },
      storage: "ssd",
    },
    image: "/srv/image.qcow2",
    boot: { kind: "uefi", code: "/fw/code.fd", variables: "/fw/vars.fd" },
    pool: "pgkeep",
    poolPath: "/srv/pool",
    interfaces: {
      management: one("management", 0),
      client: one("client", 1),
      replication: one("replication", 2),
    },
    seed: { userData: "#cloud-config\n{}\n", metaData: "instance-id: x\n", networkConfig: "version: 2\n" },
  };
}
