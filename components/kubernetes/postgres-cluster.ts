import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  siteCluster,
  type KubernetesEnvironment,
  type KubernetesSite,
  type Secrets,
} from "../declaration/index.js";
import { clientEndpoint, membersAt } from "../postgres/index.js";
import { recoveryPlan, type RecoveryPlan } from "../recovery/index.js";
import { DatabaseNamespace } from "./database-namespace.js";
import { placeAccess } from "./postgres-cluster/access.js";
import { placeArchive } from "./postgres-cluster/archive.js";
import { namespaceQuota } from "./postgres-cluster/quota.js";
import { placeRuntimeRules } from "./postgres-cluster/runtime.js";
import { placeScan } from "./postgres-cluster/scan.js";
import { placeVelero } from "./postgres-cluster/velero.js";
import { PostgresCnpg } from "./postgres-cnpg.js";
import { PostgresStatefulSet } from "./postgres-stateful-set.js";

export interface PostgresClusterArgs {
  /** The whole declaration, as `parseEnvironment` gives it. */
  environment: KubernetesEnvironment;
  /** Text of the kubeconfig of each site's cluster; kept secret. */
  kubeconfigs: Readonly<Record<string, pulumi.Input<string>>>;
  /** Kept secret from here to the pods. Engine cnpg takes none of them: its Secrets stand in the namespaces. */
  secrets: pulumi.Input<Secrets>;
  /** Refuse to delete namespaces and claims, and keep them when they leave the stack. @default true */
  protect?: boolean;
}

/**
 * A PostgreSQL cluster over Kubernetes clusters, one a site: a namespace of its own in each, members that stream over the sites, and
 * what backs them up, guards them and watches them.
 */
export class PostgresCluster extends pulumi.ComponentResource {
  /** What the declaration comes to; no secret in it. */
  readonly plan: RecoveryPlan;
  /** Where clients at the primary's site connect: `host:port` of the Service that follows the primary. */
  readonly endpoint: pulumi.Output<string>;

  constructor(name: string, args: PostgresClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { environment, protect = true } = args;
    refuseMissingAccess(name, args);
    super("pgkeep:kubernetes:PostgresCluster", name, { environment, protect }, opts);
    this.plan = recoveryPlan(environment);
    const primary = this.plan.pods?.find((pod) => pod.primary)?.site;
    const there = environment.kubernetes.sites.filter(({ site }) => site === primary);
    const others = environment.kubernetes.sites.filter(({ site }) => site !== primary);
    const { engine, primary: promoted } = environment.kubernetes;
    // A copy waits for what it copies, and the engine for the copy. In a promotion everybody has the data, and a primary that is none any
    // more ends before another is told to begin, but where its cluster is gone; with CloudNativePG the steps of a handover see to that.
    const planned = engine === "statefulset" && promoted !== undefined && promoted.lost.length === 0;
    const [first, then] = planned ? [others, there] : [there, others];
    const done = first.flatMap((place) => this.place(name, place, args, []));
    for (const place of then) this.place(name, place, args, done);
    this.endpoint = pulumi.output(clientEndpoint(environment));
    this.registerOutputs({ plan: this.plan, endpoint: this.endpoint });
  }

  /** Everything at one site. Gives what must stand before the next site is changed. */
  private place(
    cluster: string,
    place: KubernetesSite,
    { environment, kubeconfigs, secrets, protect = true }: PostgresClusterArgs,
    after: readonly pulumi.Resource[],
  ): readonly pulumi.Resource[] {
    const name = `${cluster}-${place.site}`;
    const provider = new k8s.Provider(
      name,
      {
        kubeconfig: pulumi.secret(kubeconfigs[place.site]) as pulumi.Output<string>,
        ...(place.context === undefined ? {} : { context: place.context }),
        // They change in place; a checksum on the pods starts these anew.
        enableConfigMapMutable: true,
        enableSecretMutable: true,
        // What a lost cluster had is left as it is, in the state too, and the update goes on.
        ...(environment.kubernetes.primary?.lost.includes(place.site) === true
          ? { skipUpdateUnreachable: true, deleteUnreachable: true }
          : {}),
      },
      { parent: this },
    );
    const own = siteCluster(environment.cluster.name, place.site);
    const operated = environment.kubernetes.engine === "cnpg";
    const space = new DatabaseNamespace(
      name,
      {
        namespace: place.namespace,
        podSecurityVersion: environment.kubernetes.podSecurity,
        // The operator makes one of its own, with a token: its pods ask the API server who is primary.
        accounts: operated ? [] : [own],
        quota: namespaceQuota(environment, membersAt(environment, place.site).length),
        protect,
      },
      { parent: this, providers: [provider] },
    );
    const opts = { parent: this, providers: [provider], dependsOn: [space] };
    const at = { environment, place, secrets, protect, opts };
    placeScan(at);
    if (operated)
      return [
        new PostgresCnpg(
          name,
          { environment, site: place.site, protect },
          { ...opts, dependsOn: [space, ...after] },
        ),
      ];
    const access = placeAccess(at);
    const archive = placeArchive(at);
    placeRuntimeRules(at);
    // Of two that write into one folder, one ends first.
    const velero = placeVelero({ ...at, opts: { ...opts, dependsOn: [space, ...after] } });
    const attachments = archive.map(({ attachment }) => attachment);
    const members = new PostgresStatefulSet(
      name,
      { environment, site: place.site, secrets, protect, ...accountOf(space, own), attachments },
      // Members stream and archive through what the policies allow, and are not ready before they have.
      { ...opts, dependsOn: [space, access, ...archive, ...after] },
    );
    return velero === undefined ? [members] : [members, velero];
  }
}

function accountOf({ accounts }: DatabaseNamespace, own: string): { account?: pulumi.Output<string> } {
  const account = accounts[own];
  return account === undefined ? {} : { account };
}

function refuseMissingAccess(name: string, { environment, kubeconfigs }: PostgresClusterArgs): void {
  const problems = environment.kubernetes.sites
    .filter(({ site }) => !Object.hasOwn(kubeconfigs, site))
    .map(({ site }) => `kubeconfigs: has none of site ${site}; give the text of its kubeconfig`);
  if (problems.length > 0) throw new TypeError(`PostgresCluster ${name}:\n  ${problems.join("\n  ")}`);
}
