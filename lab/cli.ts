import { Command, InvalidArgumentError } from "commander";
import { labState, runningLab, startLab, stopLab } from "./hosts/lab.js";
import { NODES, type NodeName, type Site, SITES } from "./hosts/topology.js";
import { ensureImage } from "./images/build.js";
import { IMAGE_MAJORS, type ImageMajor } from "./images/recipe.js";
import { installPackages } from "./packages.js";
import { cacheDir, labDir } from "./places.js";
import { toStderr } from "./progress.js";
import { registerRuns } from "./run/commands.js";

function oneOf<T extends string | number>(allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((value) => String(value) === text);
    if (found === undefined) throw new InvalidArgumentError(`one of ${allowed.join(", ")}`);
    return found;
  };
}

const site = oneOf<Site>(SITES);
const nodeName = oneOf<NodeName>(NODES.map(({ name }) => name));

/** The parts of the lab one by one: packages, images, hosts. */
export function labCommand(): Command {
  const program = new Command("lab").description("Endpoints of the lab: three sites on one machine");

  program
    .command("packages")
    .description("install the Debian packages that the lab needs (once)")
    .action(() => installPackages(toStderr));

  program
    .command("images")
    .description(`build the guest images that are not cached in ${cacheDir()}`)
    .argument("[major]", "PostgreSQL major version; without it all", oneOf<ImageMajor>(IMAGE_MAJORS))
    .action(async (major?: ImageMajor) => {
      await installPackages(toStderr);
      for (const one of major ? [major] : IMAGE_MAJORS) {
        process.stdout.write(`${(await ensureImage(one, toStderr)).dir}\n`);
      }
    });

  program
    .command("hosts-up")
    .description(`start the hosts of the lab in ${labDir()}`)
    .action(async () => {
      await installPackages(toStderr);
      const lab = await startLab({}, toStderr);
      process.stdout.write(`lab in ${lab.dir}, guests by ${lab.acceleration}\n`);
    });

  program
    .command("hosts-down")
    .description("end the hosts, their guests and everything they wrote")
    .action(() => stopLab({}, toStderr));

  program
    .command("exec")
    .description("run a command on a node: exec host-a -- virsh list")
    .argument("<node>", NODES.map(({ name }) => name).join(", "), nodeName)
    .argument("<command...>")
    .action(async (node: NodeName, command: string[]) => {
      const code = await runningLab().attach(node, command);
      process.exitCode = code;
    });

  program
    .command("cut")
    .description("disconnect a site from the others")
    .argument("<site>", SITES.join(", "), site)
    .action((name: Site) => runningLab().cutSite(name));

  program
    .command("heal")
    .description("connect a site again")
    .argument("<site>", SITES.join(", "), site)
    .action((name: Site) => runningLab().healSite(name));

  program
    .command("status")
    .description("is the lab running, and where is what")
    .action(async () => {
      const lab = labState();
      if (!lab) {
        process.stdout.write("no lab is running\n");
        process.exitCode = 3;
        return;
      }
      process.stdout.write(JSON.stringify(await lab.describe(), null, 2) + "\n");
    });

  registerRuns(program);
  return program;
}

if (require.main === module) {
  labCommand()
    .parseAsync()
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
}
