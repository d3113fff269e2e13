import { InvalidArgumentError, type Command } from "commander";
import { stopLab } from "../hosts/lab.js";
import { ensureImage } from "../images/build.js";
import { IMAGE_MAJORS, type ImageMajor } from "../images/recipe.js";
import { endKubernetesLab, kubernetesJob } from "../kubernetes/main-job.js";
import { toStderr } from "../progress.js";
import { vmwareJob } from "../vmware/main-job.js";
import { endVmwareLab } from "../vmware/running.js";
import { mainJob } from "./main-job.js";
import { runLabTests } from "./test-run.js";

function parseMajor(text: string): ImageMajor {
  const found = IMAGE_MAJORS.find((major) => String(major) === text);
  if (found === undefined) throw new InvalidArgumentError(`one of ${IMAGE_MAJORS.join(", ")}`);
  return found;
}

/** The main job of each platform that has a laboratory; it gives the table that people read. */
const JOBS = {
  kvm: (major: ImageMajor) => mainJob({}, { major }, toStderr),
  vmware: (major: ImageMajor) => vmwareJob(major, toStderr),
  kubernetes: () => kubernetesJob(toStderr),
} as const;

type Platform = keyof typeof JOBS;

function parsePlatform(text: string): Platform {
  if (!Object.hasOwn(JOBS, text)) throw new InvalidArgumentError(`one of ${Object.keys(JOBS).join(", ")}`);
  return text as Platform;
}

/** The whole lab: the main job, its end, and the tests on it. */
export function registerRuns(program: Command): void {
  program
    .command("run")
    .description(
      "the main job: pulumi up, copies, drills or recovery plans, and a table of what was measured",
    )
    .option("--platform <platform>", "platform", parsePlatform, "kvm")
    .option("--postgres <major>", IMAGE_MAJORS.join(" or "), parseMajor, 17)
    .action(async ({ platform, postgres }: { platform: Platform; postgres: ImageMajor }) => {
      if (platform !== "kubernetes") await ensureImage(postgres, toStderr);
      process.stdout.write(await JOBS[platform](postgres));
    });

  program
    .command("down")
    .description("end the lab: hosts, guests and everything they wrote; the report stays")
    .action(async () => {
      await stopLab({}, toStderr);
      await endVmwareLab(toStderr);
      endKubernetesLab();
    });

  program
    .command("test")
    .description("tests on real endpoints")
    .argument("[suite...]", "folders of test/lab; without any, all but the environment of virtual machines")
    .action(async (suites: string[]) => {
      process.exitCode = await runLabTests(suites, toStderr);
    });
}
