import { kubernetesOf, parseEnvironment } from "../../components/declaration/index.js";
import { PostgresCluster } from "../../components/kubernetes/index.js";
import { changed } from "../declaration/change.js";
import { kubernetesEnvironment } from "../fixtures/environment.js";
import { markedSecrets } from "../fixtures/secrets.js";

/** The whole of the fixture, with changes to its declaration. */
export function sampleCluster(...lines: readonly string[]): PostgresCluster {
  const environment = kubernetesOf(parseEnvironment(changed(lines, kubernetesEnvironment)));
  const kubeconfigs = Object.fromEntries(
    environment.kubernetes.sites.map(({ site }) => [site, `PLANTED-kubeconfig-${site}`]),
  );
  return new PostgresCluster("orders", { environment, kubeconfigs, secrets: markedSecrets(environment) });
}
