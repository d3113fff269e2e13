import { Node } from "../../policy/node.js";
export { UNKNOWN_TEXT } from "../../policy/node.js";
import type { Subject } from "../../policy/index.js";
import { RULES } from "../../policy/index.js";
import { TYPES } from "../../policy/facts.js";
import type { Rule } from "../../policy/rule.js";
import { applies, visit, type Circumstances, type Report } from "../../policy/visitor.js";
import { changed } from "../declaration/change.js";
import { COMPLIANT_VSPHERE } from "./fixtures-vsphere.js";

const style = (...templates: string[]): { xslt: string } => ({
  xslt: `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">\n${templates.join("\n")}\n</xsl:stylesheet>`,
});
export const append = (match: string, inner: string): string =>
  `<xsl:template match="${match}"><xsl:copy><xsl:apply-templates select="@*|node()"/>${inner}</xsl:copy></xsl:template>`;

export const GRAPHICS_GONE = '<xsl:template match="/domain/devices/graphics"/>';
export const SECURE = `${append("/domain/os/loader", '<xsl:attribute name="secure">yes</xsl:attribute>')}${append("/domain/features", '<smm state="on"/>')}`;
export const RESERVED = append("/domain", "<memoryBacking><nosharepages/><locked/></memoryBacking>");
export const NO_BALLOON = append("/domain/devices", '<memballoon model="none"/>');
export const FILTERS = [1, 2, 3]
  .map((i) => append(`/domain/devices/interface[position() = ${i}]`, `<filterref filter="pg-${i}"/>`))
  .join("");
export const DOMAIN_STYLE = [GRAPHICS_GONE, SECURE, RESERVED, NO_BALLOON, FILTERS] as const;

const SRM_SITES = {
  protected: { name: "a", vcenter: "0a5f2c1e-7d43-4b8e-9c16-3f2a8d5e7b01" },
  recovery: { name: "b", vcenter: "1b6e3d2f-8c54-4a9f-8d27-4e3b9c6f8a12" },
};

/** Inputs of resources that keep every rule. */
export const COMPLIANT = {
  domain: (): Record<string, unknown> => ({
    name: "pg-a1",
    machine: "q35",
    tpm: { backendType: "emulator", backendVersion: "2.0" },
    firmware: "/usr/share/OVMF/OVMF_CODE_4M.ms.fd",
    nvram: { file: "/pool/pg-a1.fd", template: "/usr/share/OVMF/OVMF_VARS_4M.ms.fd" },
    disks: [{ volumeId: "/pool/system" }, { volumeId: "/pool/data" }, { volumeId: "/pool/wal" }],
    networkInterfaces: [{ networkName: "m" }, { networkName: "c" }, { networkName: "r" }],
    xml: style(...DOMAIN_STYLE),
  }),
  volume: (): Record<string, unknown> => ({
    name: "pg-a1-data.qcow2",
    format: "qcow2",
    xml: style(
      append("/volume/target", "<compat>1.1</compat><encryption format='luks'/>"),
      '<xsl:template match="/volume/target/permissions/mode"><mode>0600</mode></xsl:template>',
    ),
  }),
  network: (): Record<string, unknown> => ({ mode: "bridge", bridge: "br-client" }),
  cloudInit: (): Record<string, unknown> => ({
    userData:
      "#cloud-config\nhostname: pg-a1\nssh_pwauth: false\nusers:\n  - name: ops\n    lock_passwd: true\n",
  }),
  provider: (): Record<string, unknown> => ({
    uri: "qemu+ssh://root@10.77.0.11/system?keyfile=/k&knownhosts=/h&sshauth=privkey",
  }),
  remote: (): Record<string, unknown> => ({
    connection: {
      host: "10.77.0.11",
      user: "root",
      hostKey: "ssh-ed25519 AAAA",
      privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----",
    },
    create: "pgkeep host apply",
    stdin: '{"passwords":{"shop_app":"hunter2hunter2hunter2"}}',
  }),
  filter: (): Record<string, unknown> => ({
    connection: { host: "10.77.0.11", hostKey: "ssh-ed25519 AAAA" },
    create: "virsh nwfilter-define /dev/stdin",
    stdin: `<filter name='pg'><uuid>x</uuid>
      <filterref filter='no-mac-spoofing'/><filterref filter='no-arp-spoofing'/><filterref filter='no-ip-spoofing'/>
      <rule action='accept' direction='in' priority='400'><tcp srcipaddr='10.77.1.201' srcipmask='32' dstportstart='5432'/></rule>
      <rule action='drop' direction='inout' priority='1000'><all/></rule>
      <rule action='drop' direction='inout' priority='1000'><all-ipv6/></rule></filter>`,
  }),
  cluster: (...changes: string[]): Record<string, unknown> => ({
    environment: changed(changes),
    protect: true,
  }),
  protectionGroup: (): Record<string, unknown> => ({
    sites: SRM_SITES,
    name: "orders",
    virtualMachines: [
      {
        id: "vm-12",
        replication: { rpo: 60, datastore: "datastore-9", pointsInTime: { instances: 6, days: 1 } },
      },
    ],
  }),
  recoveryPlan: (): Record<string, unknown> => ({
    sites: SRM_SITES,
    name: "orders",
    protectionGroups: ["g-1"],
  }),
  ...COMPLIANT_VSPHERE,
};

const PLACES = {
  domain: TYPES.domain,
  volume: TYPES.volume,
  network: TYPES.network,
  cloudInit: TYPES.cloudInit,
  provider: TYPES.libvirtProvider,
  remote: "command:remote:Command",
  filter: "command:remote:Command",
  cluster: "pgkeep:libvirt:PostgresCluster",
  vm: TYPES.vm,
  virtualDisk: TYPES.virtualDisk,
  vmSnapshot: TYPES.vmSnapshot,
  portGroup: TYPES.portGroup,
  hostPortGroup: TYPES.hostPortGroup,
  role: TYPES.role,
  permissions: TYPES.permissions,
  antiAffinity: TYPES.antiAffinity,
  haOverride: TYPES.haOverride,
  vcenter: TYPES.vsphereProvider,
  nsxFirewall: "pgkeep:nsx:DistributedFirewall",
  protectionGroup: "pgkeep:srm:ProtectionGroup",
  recoveryPlan: "pgkeep:srm:RecoveryPlan",
} as const satisfies Record<keyof typeof COMPLIANT, string>;
export type Kind = keyof typeof PLACES;
export const KINDS = Object.keys(PLACES) as readonly Kind[];

/** A resource of a kind; `change` replaces inputs. */
export function subject(
  kind: Kind,
  change: Record<string, unknown> = {},
  more: Partial<Subject> = {},
): Subject {
  const type = PLACES[kind];
  return {
    type,
    name: kind,
    urn: `urn:pulumi:test::test::${type}::${kind}`,
    inputs: new Node({ ...COMPLIANT[kind](), ...change }),
    protect: true,
    provider: "host-a",
    secretPaths: [".connection.privateKey", ".stdin", ".password"],
    ...more,
  };
}

/** A seed with this user data. */
export const seed = (userData: string): Subject => subject("cloudInit", { userData });

export const styled = (...templates: string[]): Record<string, unknown> => ({ xml: style(...templates) });

export function rule(id: string): Rule {
  const found = RULES.find((candidate) => candidate.id === id);
  if (found === undefined) throw new RangeError(`no rule ${id}`);
  return found;
}

export const NOW = new Date("2026-11-22T12:00:00Z");

/** What a rule says; a rule about single resources is asked about each that it is for. */
export function judge(
  id: string,
  resources: readonly Subject[],
  more: Partial<Circumstances> = {},
): Report[] {
  const asked = rule(id);
  const circumstances = { exemptions: [], now: NOW, ...more };
  if (asked.scope === "stack") return visit(asked, resources, circumstances);
  return resources
    .filter(({ type }) => applies(asked, type))
    .flatMap((each) => visit(asked, [each], circumstances));
}
