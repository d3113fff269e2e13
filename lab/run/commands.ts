import { InvalidArgumentError, type Command } from "commander";
import { stopLab } from "../hosts/lab.js";
import { ensureImage } from "../images/build.js";
import { IMAGE_MAJORS, type ImageMajor } from "../images/recipe.js";
import { toStderr } from "../progress.js";
import { mainJob } from "./main-job.js";
import { runLabTests } from "./test-run.js";

function parseMajor(text: string): ImageMajor {
  const found = IMAGE_MAJORS.find((major) => String(major) === text);
  if (found === undefined) throw new InvalidArgumentError(`one of ${IMAGE_MAJORS.join(", ")}`);
  return found;
}

function parsePlatform(text: string): string {
  if (text !== "kvm") throw new InvalidArgumentError("kvm is the only platform with a lab so far");
  return text;
}

/** The whole lab: the main job, its end, and the tests on it. */
export function registerRuns(program: Command): void {
  program
    .command("run")
    .description("the main job: pulumi up, snapshot, backup, replication, three drills, report")
    .option("--platform <platform>", "platform", parsePlatform, "kvm")
    .option("--postgres <major>", IMAGE_MAJORS.join(" or "), parseMajor, 17)
    .action(async ({ postgres }: { postgres: ImageMajor }) => {
      await ensureImage(postgres, toStderr);
      process.stdout.write(await mainJob({}, { major: postgres }, toStderr));
    });

  program
    .command("down")
    .description("end the lab: hosts, guests and everything they wrote; the report stays")
    .action(() => stopLab({}, toStderr));

  program
    .command("test")
    .description("tests on real endpoints")
    .argument("[suite...]", "folders of test/lab; without any, all but the environment of virtual machines")
    .action(async (suites: string[]) => {
      process.exitCode = await runLabTests(suites, toStderr);
    });
}
