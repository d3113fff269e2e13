import * as pulumi from "@pulumi/pulumi";
import { parseEnvironment, PostgresCluster, type RecoveryPlan, type Secrets } from "pgkeep";
import { guestNames, passwordRoles } from "pgkeep/declaration";
import { PostgresVm } from "pgkeep/libvirt";
import { environment as input } from "./environment.js";

const environment = parseEnvironment(input);
const made = "made up by a stranger, opens nothing";

const secrets: Secrets = {
  authority: made,
  certificates: Object.fromEntries(
    guestNames(environment).map((name) => [name, { certificate: made, key: made }]),
  ),
  passwords: Object.fromEntries(passwordRoles(environment).map((role) => [role, made])),
  repositoryPassphrase: made,
  patroniPassword: made,
  operationsKey: { private: made, public: made },
  fencingKey: { private: made, public: made },
};

const cluster = new PostgresCluster("accounts", {
  environment,
  secrets: pulumi.secret(secrets),
  access: { sshKeyFile: "/nonexistent/key", privateKey: made, knownHostsFile: "/nonexistent/known_hosts" },
});

export const endpoint: pulumi.Output<string> = cluster.endpoint;
export const plan: RecoveryPlan = cluster.plan;
export const vmType: string = PostgresVm.name;
