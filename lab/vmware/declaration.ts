import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import {
  parseEnvironment,
  type VmwareEnvironment,
  type VmwareEnvironmentInput,
} from "../../components/declaration/index.js";
import type { Lab } from "../hosts/lab.js";
import type { ImageMajor } from "../images/recipe.js";
import { checkoutRoot } from "../places.js";
import { hostKeys, installedVersion } from "../run/declaration.js";
import { enginePlaces } from "../run/engine.js";
import type { Endpoints, Guids } from "./endpoints.js";

/** Name of the laboratory's stack; `Pulumi.<name>.yaml` in the checkout is its declaration. */
export const VMWARE_STACK = "lab-vmware";

/** Template that the laboratory makes in both vCenter Servers. */
export const TEMPLATE = "pgkeep-guest";

interface StackFile {
  config: Record<string, unknown> & { "pgkeep:environment": VmwareEnvironmentInput };
}

/** The committed declaration, as it stands. */
export function committedEnvironment(): VmwareEnvironmentInput {
  const file = join(checkoutRoot(), `Pulumi.${VMWARE_STACK}.yaml`);
  return (parse(readFileSync(file, "utf8")) as StackFile).config["pgkeep:environment"];
}

/** GUIDs by which SRM knows the two vCenter Servers. */
export function committedGuids(): Guids {
  const guid = (site: string): string =>
    committedEnvironment().vmware.srm?.sites?.find((one) => one.site === site)?.vcenterId ?? "";
  return { a: guid("a"), b: guid("b") };
}

/** The committed declaration with what only a running laboratory knows. */
export function runningEnvironment(
  lab: Lab,
  endpoints: Endpoints,
  major: ImageMajor,
): VmwareEnvironmentInput {
  const input = committedEnvironment();
  const { vmware } = input;
  input.cluster.version = installedVersion(major);
  const keys = hostKeys(lab);
  for (const host of vmware.hosts) host.hostKey = keys.get(host.name) ?? host.hostKey;
  for (const site of vmware.sites) {
    site.vcenter = endpoints.server(site.site === "a" ? "a" : "b");
    site.template = TEMPLATE;
  }
  vmware.nsx = [
    {
      sites: ["a", "b", "w"],
      address: endpoints.address,
      port: endpoints.nsx.port,
      authority: endpoints.nsx.authority,
    },
  ];
  vmware.srm?.sites?.forEach((site) => {
    const { port, authority } = endpoints.srm[site.site === "a" ? "a" : "b"];
    Object.assign(site, { address: endpoints.address, port, authority });
  });
  return input;
}

/** Writes the engine's configuration file; what it has stored encrypted stays. */
export function writeVmwareStack(
  lab: Lab,
  input: VmwareEnvironmentInput,
  settings: Readonly<Record<string, unknown>> = {},
): VmwareEnvironment {
  const { config } = enginePlaces(lab, VMWARE_STACK);
  let kept: Partial<StackFile> = {};
  try {
    kept = parse(readFileSync(config, "utf8")) as Partial<StackFile>;
  } catch {
    // The first time there is none.
  }
  const merged = {
    ...kept,
    config: { ...kept.config, "pgkeep:environment": input, "pgkeep:sshKeyFile": lab.privateKey, ...settings },
  };
  writeFileSync(config, stringify(merged), { mode: 0o600 });
  return parseEnvironment(input);
}
