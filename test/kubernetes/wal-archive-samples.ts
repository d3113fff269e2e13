import {
  parseEnvironment,
  type KubernetesEnvironment,
  type KubernetesEnvironmentInput,
} from "../../components/declaration/index.js";
import { PostgresStatefulSet, WalArchive } from "../../components/kubernetes/index.js";
import { kubernetesEnvironment } from "../fixtures/environment.js";
import { markedSecrets } from "../fixtures/secrets.js";

/** Certificates of an authority, as an operator pastes them. */
export const AUTHORITIES = "-----BEGIN CERTIFICATE-----\nMIIBstore\n-----END CERTIFICATE-----\n";

/** An environment whose store has an authority of its own. */
export function archivedEnvironment(
  change: (input: KubernetesEnvironmentInput) => void = () => undefined,
): KubernetesEnvironment {
  const input = kubernetesEnvironment();
  if (input.kubernetes.archive !== undefined) input.kubernetes.archive.authorities = AUTHORITIES;
  change(input);
  return parseEnvironment(input);
}

/** The archive of a site, without members. */
export function archiveAlone(environment = archivedEnvironment(), site = "a"): WalArchive {
  return new WalArchive("archive", { environment, site, secrets: markedSecrets(environment) });
}

/** The archive of a site, with the members that it is attached to. */
export function archivedSite(environment = archivedEnvironment(), site = "a"): void {
  const secrets = markedSecrets(environment);
  const { attachment } = archiveAlone(environment, site);
  new PostgresStatefulSet("orders", { environment, site, secrets, attachments: [attachment] });
}
