import * as pulumi from "@pulumi/pulumi";
import {
  certificateNames,
  passwordRoles,
  type Environment,
  type Secrets,
} from "../components/declaration/index.js";
import type { VcenterAccess } from "../components/vsphere/index.js";

/** Stands in every placeholder of a secret, so that one that gets out is known by it. No real secret holds it. */
const MARK = "pgkeep-preview-placeholder";
/** The same where base64 is wanted; a length that three divides keeps it whole in a longer text. */
const MARK_BASE64 = Buffer.from(`${MARK}-tsig-key!`).toString("base64");

/** True for a text in which a placeholder stands in clear. */
export function holdsPlaceholder(text: string): boolean {
  return text.includes(MARK) || text.includes(MARK_BASE64);
}

/** A private key that opens nothing, of the shape by which rules know one. */
export function placeholderKey(name: string): string {
  return `-----BEGIN PRIVATE KEY-----\n${MARK}-key-${name}\n-----END PRIVATE KEY-----\n`;
}

/** Accounts of the vCenter Servers that an environment names; none on another platform. */
export function placeholderVcenters(environment: Environment): Record<string, VcenterAccess> {
  if (environment.platform !== "vmware") return {};
  const account = (server: string, role: string): VcenterAccess["deployer"] => ({
    user: `${role}@preview`,
    password: pulumi.secret(`${MARK}-password-${role}-${server}`),
  });
  return Object.fromEntries(
    environment.vmware.sites.map(({ vcenter }) => [
      vcenter,
      { deployer: account(vcenter, "deployer"), operations: account(vcenter, "operations") },
    ]),
  );
}

/** Kubeconfigs of the clusters that an environment names; none on another platform. */
export function placeholderKubeconfigs(environment: Environment): Record<string, string> {
  if (environment.platform !== "kubernetes") return {};
  return Object.fromEntries(
    environment.kubernetes.sites.map(({ site }) => [
      site,
      `apiVersion: v1\nkind: Config # ${MARK}-kubeconfig-${site}\n`,
    ]),
  );
}

/**
 * Secrets of the right shape for an environment, without any value: the real ones stay encrypted in the stack's file. What is
 * public among them (certificates, public keys) is not marked.
 */
export function placeholderSecrets(environment: Environment): Secrets {
  const certificate = (name: string): string =>
    `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
  const pair = (name: string): { private: string; public: string } => ({
    private: placeholderKey(name),
    public: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ${name}`,
  });
  return {
    authority: certificate("authority"),
    authorityKey: placeholderKey("authority"),
    certificates: Object.fromEntries(
      certificateNames(environment).map((name) => [
        name,
        { certificate: certificate(name), key: placeholderKey(name) },
      ]),
    ),
    passwords: Object.fromEntries(
      passwordRoles(environment).map((role) => [role, `${MARK}-password-${role}`]),
    ),
    repositoryPassphrase: `${MARK}-passphrase-of-the-repository`,
    veleroPassword: `${MARK}-password-velero`,
    patroniPassword: `${MARK}-password-patroni`,
    tsig: MARK_BASE64,
    objectStore: { accessKey: `${MARK}-access-key`, secretKey: `${MARK}-secret-key` },
    operationsKey: pair("operations"),
    fencingKey: pair("fencing"),
  };
}
