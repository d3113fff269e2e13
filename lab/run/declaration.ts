import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import {
  parseEnvironment,
  type Environment,
  type EnvironmentInput,
  type KvmEnvironmentInput,
} from "../../components/declaration/index.js";
import type { Lab } from "../hosts/lab.js";
import { HYPERVISORS } from "../hosts/topology.js";
import { imageFor } from "../images/build.js";
import type { ImageMajor } from "../images/recipe.js";
import { checkoutRoot } from "../places.js";
import { enginePlaces, STACK } from "./engine.js";

/** Where hypervisors of the lab see the guest images. */
const IMAGES = "/srv/pgkeep/images";

export interface LabChoices {
  readonly major: ImageMajor;
  /** @default what the declaration says */
  readonly replication?: "async" | "sync";
}

/** A stack file as YAML gives it. */
interface StackFile {
  config: Record<string, unknown> & { "pgkeep:environment": KvmEnvironmentInput };
}

/**
 * The lab's declaration: the committed one, with what only a running lab knows filled in (host keys, the version in the
 * image, whether guests are emulated). Secrets are not part of it.
 *
 * @param present the stack file as it lies there now, when there is one
 */
export function labEnvironment(
  lab: Lab,
  choices: LabChoices,
  present?: string,
): { input: KvmEnvironmentInput; environment: Environment } {
  const file = parse(readFileSync(join(checkoutRoot(), `Pulumi.${STACK}.yaml`), "utf8")) as StackFile;
  const input = file.config["pgkeep:environment"];
  const keys = hostKeys(lab);
  for (const host of input.kvm.hosts) host.hostKey = keys.get(host.name) ?? host.hostKey;
  input.kvm.domainType = lab.domainType;
  const folder = `${IMAGES}/${basename(imageDir(choices.major, present))}`;
  input.kvm.image = { path: `${folder}/disk.qcow2` };
  if (input.kvm.boot?.kind === "direct")
    input.kvm.boot = { ...input.kvm.boot, kernel: `${folder}/vmlinuz`, initrd: `${folder}/initrd` };
  input.cluster.version = installedVersion(choices.major, imageDir(choices.major, present));
  if (choices.replication === "async") replicateAsynchronously(input);
  else if (choices.replication !== undefined) input.replication.mode = choices.replication;
  return { input, environment: parseEnvironment(input) };
}

/** Asynchronous replication with an objective that it can hold. */
export function replicateAsynchronously(input: EnvironmentInput): void {
  input.replication.mode = "async";
  if (input.objectives.rpo === "0 s") input.objectives.rpo = "2 min";
}

/** Writes the engine's configuration file: the declaration and the deployer's key, no secret. */
export function writeStackFile(lab: Lab, input: KvmEnvironmentInput, previous: string | undefined): void {
  const { config } = enginePlaces(lab);
  // Secrets and the salt that the engine has added stay.
  const kept = (previous === undefined ? {} : parse(previous)) as Partial<StackFile>;
  const merged = {
    ...kept,
    config: { ...kept.config, "pgkeep:environment": input, "pgkeep:sshKeyFile": lab.privateKey },
  };
  writeFileSync(config, stringify(merged), { mode: 0o600 });
}

/** Public key of each hypervisor, by name. */
export function hostKeys(lab: Lab): Map<string, string> {
  const keys = new Map<string, string>();
  for (const line of readFileSync(lab.knownHosts, "utf8").split("\n")) {
    const [names = "", type, key] = line.split(" ");
    for (const host of HYPERVISORS) if (names.split(",").includes(host)) keys.set(host, `${type} ${key}`);
  }
  return keys;
}

/** The image that a running environment stands on, as long as it is there: a newer one would replace its disks. */
function imageDir(major: ImageMajor, present: string | undefined): string {
  const newest = imageFor(major).dir;
  if (present === undefined) return newest;
  const used = (parse(present) as StackFile).config["pgkeep:environment"]?.kvm.image.path ?? "";
  const name = basename(dirname(used));
  const kept = join(dirname(newest), name);
  return name.startsWith(`pg${major}-`) && existsSync(join(kept, "packages.txt")) ? kept : newest;
}

/** Major and minor of the server in an image, from the list of its packages. */
export function installedVersion(major: ImageMajor, dir: string = imageFor(major).dir): string {
  const list = readFileSync(join(dir, "packages.txt"), "utf8");
  const found = new RegExp(`^postgresql-${major}[\\s=](${major}\\.\\d+)`, "m").exec(list)?.[1];
  if (found === undefined)
    throw new Error(`the guest image of PostgreSQL ${major} does not name its server's version`);
  return found;
}
