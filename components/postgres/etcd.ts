import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";
import { endpoint, GUEST_PATHS, PORTS } from "./layout.js";

/**
 * Milliseconds between the leader's heartbeats. etcd advises one to one and a half round trips; 500 ms suits sites up to
 * some 300 ms apart and a busy hypervisor. An election begins after ten of them.
 */
export const HEARTBEAT_MS = 500;
export const ELECTION_MS = 10 * HEARTBEAT_MS;

/** Environment file of etcd: one voter a guest, peers and clients only with a certificate of the authority. */
export function renderEtcdEnvironment(plan: RecoveryPlan, guest: PlanGuest): string {
  const url = (address: string, port: number): string => `https://${endpoint(address, port)}`;
  const { replication } = guest.addresses;
  const voters = plan.guests.map(
    ({ name, addresses }) => `${name}=${url(addresses.replication, PORTS.etcdPeer)}`,
  );
  const tls = (prefix: string): Record<string, string> => ({
    [`${prefix}CERT_FILE`]: GUEST_PATHS.certificate,
    [`${prefix}KEY_FILE`]: GUEST_PATHS.etcdKey,
    [`${prefix}TRUSTED_CA_FILE`]: GUEST_PATHS.authority,
    [`${prefix}CLIENT_CERT_AUTH`]: "true",
  });
  const values: Record<string, string | number> = {
    ETCD_NAME: guest.name,
    ETCD_DATA_DIR: GUEST_PATHS.etcdData,
    ETCD_INITIAL_CLUSTER: voters.join(","),
    // Of a first start; pgkeep-etcd-state says otherwise where the cluster exists already.
    ETCD_INITIAL_CLUSTER_STATE: "new",
    ETCD_INITIAL_CLUSTER_TOKEN: plan.environment.cluster.name,
    ETCD_INITIAL_ADVERTISE_PEER_URLS: url(replication, PORTS.etcdPeer),
    ETCD_LISTEN_PEER_URLS: url(replication, PORTS.etcdPeer),
    ETCD_ADVERTISE_CLIENT_URLS: url(replication, PORTS.etcdClient),
    ETCD_LISTEN_CLIENT_URLS: `${url(replication, PORTS.etcdClient)},${url("127.0.0.1", PORTS.etcdClient)}`,
    ...tls("ETCD_"),
    ...tls("ETCD_PEER_"),
    ETCD_TLS_MIN_VERSION: "TLS1.3",
    ETCD_HEARTBEAT_INTERVAL: HEARTBEAT_MS,
    ETCD_ELECTION_TIMEOUT: ELECTION_MS,
    ETCD_AUTO_COMPACTION_MODE: "periodic",
    ETCD_AUTO_COMPACTION_RETENTION: "1h",
    ETCD_QUOTA_BACKEND_BYTES: 512 * 1024 ** 2,
    ETCD_STRICT_RECONFIG_CHECK: "true",
    ETCD_LOGGER: "zap",
    ETCD_LOG_LEVEL: "warn",
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return `# Generated from the declaration; changes here are lost.\n${lines.join("\n")}\n`;
}
