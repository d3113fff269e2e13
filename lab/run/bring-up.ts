import { existsSync, readFileSync } from "node:fs";
import type { Environment } from "../../components/declaration/index.js";
import { createSecrets } from "../../operations/secrets/index.js";
import { startLab, stopLab, type Lab, type LabPlace } from "../hosts/lab.js";
import { checkoutRoot } from "../places.js";
import { step, type Progress } from "../progress.js";
import { labEnvironment, writeStackFile, type LabChoices } from "./declaration.js";
import { mustPulumi, ON_STACK, prepareEngine, STACK } from "./engine.js";
import { HangingEngine, update, wasCutOff } from "./update.js";

/** A lab with its environment up. */
export interface RunningEnvironment {
  readonly lab: Lab;
  readonly environment: Environment;
}

/** Arguments with which every `preview` and `up` of the lab is judged by the policy pack. */
export const POLICY = [
  "--policy-pack",
  `${checkoutRoot()}/policy`,
  // Direct kernel boot is exempt from secure boot here, with its reason.
  "--policy-pack-config",
  `${checkoutRoot()}/policy/exemptions/lab-kvm.json`,
];

/** Starts hosts and makes the stack: declaration, secrets, nothing created yet. Repeatable. */
export async function prepareStack(
  place: LabPlace,
  choices: LabChoices,
  progress: Progress,
): Promise<RunningEnvironment> {
  let lab = await startLab(place, progress);
  if (wasCutOff(lab)) {
    // Nobody can say what an engine that died has made: the hosts go, and with them all of it.
    progress("the last pulumi up was cut off: starting anew");
    await stopLab(place, progress);
    lab = await startLab(place, progress);
  }
  const places = prepareEngine(lab);
  const present = existsSync(places.config) ? readFileSync(places.config, "utf8") : undefined;
  const { input, environment } = labEnvironment(lab, choices, present);
  writeStackFile(lab, input, present);
  if (present?.includes("pgkeep:secrets") !== true) {
    await step(progress, "stack and its secrets", 10, async () => {
      await mustPulumi(lab, ["stack", "select", "--create", STACK]);
      const secrets = { ...(await createSecrets(environment)), tsig: tsigSecret(lab) };
      // By standard input: the engine encrypts it before it touches a file.
      await mustPulumi(lab, ["config", "set", "--secret", "pgkeep:secrets", ...ON_STACK], {
        stdin: JSON.stringify(secrets),
      });
    });
  }
  return { lab, environment };
}

/** Declares the environment for real. A second time it changes nothing. An engine that hangs is given one more try, on new hosts. */
export async function bringUp(
  place: LabPlace,
  choices: LabChoices,
  progress: Progress,
): Promise<RunningEnvironment> {
  try {
    return await declare(place, choices, progress);
  } catch (error) {
    if (!(error instanceof HangingEngine)) throw error;
    progress(`${error.message}: starting anew`);
    await stopLab(place, progress);
    return await declare(place, choices, progress);
  }
}

async function declare(
  place: LabPlace,
  choices: LabChoices,
  progress: Progress,
): Promise<RunningEnvironment> {
  const running = await prepareStack(place, choices, progress);
  await step(progress, "pulumi up under the policy pack", 500, () =>
    update(running.lab, ["up", "--yes", "--skip-preview", ...POLICY, ...ON_STACK], {
      onLine: (line) => {
        if (line.trim() !== "") progress(`  ${line}`);
      },
    }),
  );
  return running;
}

/** The name server's key, as base64. */
export function tsigSecret(lab: Lab): string {
  const found = /secret "([A-Za-z0-9+/=]+)"/.exec(readFileSync(lab.tsigKey, "utf8"))?.[1];
  if (found === undefined) throw new Error("the lab's name server has no key");
  return found;
}
