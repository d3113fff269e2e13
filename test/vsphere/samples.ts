import type { Purpose } from "../../components/declaration/index.js";
import type { PostgresVmArgs, VcenterAccess } from "../../components/vsphere/index.js";

const GIB = 1024 ** 3;

/** A complete VM. */
export function vmArgs(change: Partial<PostgresVmArgs> = {}): PostgresVmArgs {
  const one = (purpose: Purpose, number: number) => ({
    networkId: `net-${purpose}`,
    mac: `00:50:56:0${number}:00:0a`,
  });
  return {
    name: "pg-a1",
    annotation: "a test",
    sizing: {
      cpus: 4,
      memory: 8 * GIB,
      disks: { system: 20 * GIB, data: 100 * GIB, wal: 30 * GIB },
      storage: "ssd",
    },
    template: "uuid-of-template",
    resourcePoolId: "resgroup-9",
    datastoreId: "datastore-7",
    folder: "databases/orders",
    interfaces: {
      management: one("management", 0),
      client: one("client", 1),
      replication: one("replication", 2),
    },
    guestInfo: { "guestinfo.userdata": "I2Nsb3VkLWNvbmZpZwo=" },
    ...change,
  };
}

/** Accounts that open nothing; their passwords are easy to find again. */
export function accounts(server: string): VcenterAccess {
  return {
    deployer: { user: `deployer@${server}`, password: `PLANTED-deployer-at-${server}` },
    operations: { user: `operations@${server}`, password: `PLANTED-operations-at-${server}` },
  };
}
