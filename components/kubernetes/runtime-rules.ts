import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readRuntimeRules } from "./runtime-rules/args.js";
import type { MacroName } from "./runtime-rules/macros.js";
import { rulesFile } from "./runtime-rules/rules-file.js";

export interface RuntimeRulesArgs {
  /** Namespace of Falco. */
  namespace: string;
  /** Networks (IPv4) of everything that may connect to the databases: applications, members, poolers, monitoring. */
  clients: readonly string[];
  /** Networks (IPv4) that databases may connect to: members, repository, resolver. @default none: every connection is reported */
  destinations?: readonly string[];
  /** Repositories of the databases' images, without tag. @default the official image and CloudNativePG's */
  images?: readonly string[];
  /** Port of PostgreSQL. @default 5432 */
  port?: number;
  /** Folders that hold data directories. @default those of the images of 17 and 18, CloudNativePG, Debian and Red Hat */
  dataPaths?: readonly string[];
  /** Folders that hold passwords and keys, as the container sees them. @default /run/secrets, /var/run/secrets/postgres, /controller/certificates */
  secretPaths?: readonly string[];
  /** Beginnings of the commands by which PostgreSQL archives and fetches WAL. @default pgBackRest, CloudNativePG */
  archivers?: readonly string[];
  /** Beginnings of other commands that a shell may run in databases' containers: probes, hooks, init containers. @default none */
  knownShells?: readonly string[];
  /** Programs that back up, by their names cut to 15 bytes. @default pgBackRest, WAL-G */
  backupPrograms?: readonly string[];
  /** Conditions in place of the rules' own macros. @default none */
  macros?: Partial<Readonly<Record<MacroName, string>>>;
}

/** Values for Falco's chart. */
export interface FalcoChartValues {
  readonly customRules: Readonly<Record<string, string>>;
  readonly falco: { readonly rule_matching: "all" };
}

/**
 * Rules of Falco about databases: strangers on the port, shells, foreign readers of data and passwords, connections outwards. They
 * lie in a ConfigMap that Falco mounts at /etc/falco/rules.d; `chartValues` has the same for its chart.
 */
export class RuntimeRules extends pulumi.ComponentResource {
  /** Name of the ConfigMap. */
  readonly configMap: pulumi.Output<string>;
  /** The same rules for whoever installs Falco by its chart, which makes a ConfigMap of its own from them. */
  readonly chartValues: FalcoChartValues;

  constructor(name: string, args: RuntimeRulesArgs, opts?: pulumi.ComponentResourceOptions) {
    const plan = readRuntimeRules(name, args);
    super("pgkeep:kubernetes:RuntimeRules", name, args, opts);
    const text = rulesFile(plan);
    const data = { [FILE]: text };
    const map = new k8s.core.v1.ConfigMap(
      name,
      {
        metadata: {
          name,
          namespace: plan.namespace,
          labels: { "app.kubernetes.io/name": "runtime-rules", "app.kubernetes.io/instance": name },
        },
        data,
      },
      { parent: this },
    );
    this.configMap = map.metadata.name;
    // With `first`, its default, a rule of Falco's own that fits earlier hides ours.
    this.chartValues = { customRules: data, falco: { rule_matching: "all" } };
    this.registerOutputs({ configMap: this.configMap, chartValues: this.chartValues });
  }
}

/** Falco loads files that end in .yaml, in the order of their names. */
const FILE = "pgkeep-databases.yaml";
