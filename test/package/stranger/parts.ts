/** Components one by one, through a provider of the stranger's own. */
import type { Output } from "@pulumi/pulumi";
import { parseEnvironment } from "pgkeep/declaration";
import { hostUri, IsolatedNetwork, Provider, StoragePool } from "pgkeep/libvirt";
import { environment } from "./environment.js";

const [host] = parseEnvironment(environment).kvm.hosts;
if (host === undefined) throw new Error("no host is declared");

const uri = hostUri(host, { sshKeyFile: "/k", privateKey: "opens nothing", knownHostsFile: "/h" });
const provider = new Provider("laboratory", { uri });
const pool = new StoragePool("drills", { name: "drills", path: "/var/lib/drills" }, { provider });

export const poolName: Output<string> = pool.poolName;
export const network = new IsolatedNetwork("drills", { name: "drills" }, { provider });
