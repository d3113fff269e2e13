/** A small program for the engine: one hypervisor, two guests that never boot far, a filter, and a domain as a stranger writes it. */
import { readFileSync } from "node:fs";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { compileNwFilter, type GuardedRule } from "../../../components/access/index.js";
import type { KvmHost } from "../../../components/declaration/index.js";
import { hostUri } from "../../../components/libvirt/host-connection.js";
import {
  InterfaceFilter,
  IsolatedNetwork,
  PostgresVm,
  StoragePool,
} from "../../../components/libvirt/index.js";

/** What the test changes from run to run. */
export interface Choices {
  readonly host: KvmHost;
  readonly sshKeyFile: string;
  readonly knownHostsFile: string;
  readonly image: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly memoryMiB: number;
  readonly dataGiB: number;
  readonly clients: readonly string[];
  readonly protect: boolean;
  /** A guest with firmware, secure boot and TPM. */
  readonly secure: boolean;
}

const choices = JSON.parse(new pulumi.Config("pgkeep").require("choices")) as Choices;
const { host, sshKeyFile, knownHostsFile } = choices;
const access = { sshKeyFile, knownHostsFile, privateKey: readFileSync(sshKeyFile, "utf8") };
const provider = new libvirt.Provider("host", { uri: hostUri(host, access) });
const options = { providers: [provider] };
const GIB = 1024 ** 3;

const pool = new StoragePool("pool", { name: "engine-test", path: host.poolPath }, options);
const network = new IsolatedNetwork(
  "client",
  { name: "engine-client", bridge: host.bridges.client },
  options,
);
const drill = new IsolatedNetwork("drill", { name: "engine-drill" }, options);
const rules: GuardedRule[] = [
  { direction: "in", protocol: "tcp", peers: choices.clients, port: 5432, reason: "clients" },
];
const uuid = "7d3c1f9e-0000-8000-8000-00000000f001";
const xml = compileNwFilter({ name: "engine-filter", uuid, rules });
const filter = new InterfaceFilter("filter", { host, access, name: "engine-filter", xml });

function guest(name: string, number: number, secure: boolean): PostgresVm {
  const mac = (purpose: number): string => `52:54:00:0${purpose}:ee:0${number}`;
  return new PostgresVm(
    name,
    {
      name,
      description: "engine test",
      domainType: "qemu",
      sizing: {
        cpus: 1,
        memory: choices.memoryMiB * 1024 ** 2,
        disks: { system: 6 * GIB, data: choices.dataGiB * GIB, wal: GIB },
        storage: "ssd",
      },
      image: choices.image,
      boot: secure
        ? {
            kind: "uefi",
            code: "/usr/share/OVMF/OVMF_CODE_4M.ms.fd",
            variables: "/usr/share/OVMF/OVMF_VARS_4M.ms.fd",
          }
        : // No root file system: the kernel waits and leaves the processors to others.
          {
            kind: "direct",
            kernel: choices.kernel,
            initrd: choices.initrd,
            commandLine: "root=/dev/none rw console=ttyS0",
          },
      secureBoot: secure,
      tpm: secure,
      pool: pool.poolName,
      poolPath: host.poolPath,
      interfaces: {
        management: { network: drill.networkName, mac: mac(0) },
        client: {
          network: network.networkName,
          mac: mac(1),
          filter: filter.filterName,
          parameters: [{ name: "IP", value: "10.77.1.190" }],
        },
        replication: { network: drill.networkName, mac: mac(2) },
      },
      seed: {
        userData: "#cloud-config\n{}\n",
        metaData: `instance-id: ${name}\n`,
        networkConfig: "version: 2\n",
      },
      protect: choices.protect,
    },
    options,
  );
}

guest("engine-a", 1, false);
if (choices.secure) guest("engine-s", 2, true);
// As a stranger would write it: the provider may start it on any update.
new libvirt.Domain(
  "stranger",
  {
    name: "engine-stranger",
    type: "qemu",
    machine: "q35",
    memory: 64,
    cpu: { mode: "maximum" },
    networkInterfaces: [],
    running: true,
    xml: { xslt: withoutDisplay() },
  },
  { provider, deleteBeforeReplace: true },
);

function withoutDisplay(): string {
  return `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="@*|node()"><xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy></xsl:template>
<xsl:template match="graphics"/></xsl:stylesheet>`;
}
