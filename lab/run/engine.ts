import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolchainEnv } from "../../toolchain/env.js";
import type { Lab } from "../hosts/lab.js";
import { checkoutRoot } from "../places.js";
import type { Outcome } from "../subprocess.js";

/** Name of the lab's stack; `Pulumi.<name>.yaml` in the checkout is its declaration. */
export const STACK = "lab-kvm";

/** Longest that the engine may take: emulated guests start within minutes. */
const ENGINE_LIMIT_MS = 25 * 60_000;

/** Where the engine keeps what belongs to the lab; all of it goes with the lab. */
export interface EnginePlaces {
  readonly state: string;
  readonly passphrase: string;
  /** Project folder: the checkout's project with a stack file of its own, so that the committed one stays as it is. */
  readonly project: string;
  readonly config: string;
  readonly home: string;
  /** Temporary files and logs of the engine and its plugins. */
  readonly temporary: string;
  /** Identity of the process for which an update runs; a stale one tells of an update that was cut off. */
  readonly updating: string;
}

export function enginePlaces(lab: Pick<Lab, "dir">, stack = STACK): EnginePlaces {
  const dir = join(lab.dir, "engine");
  return {
    state: join(dir, "state"),
    passphrase: join(dir, "passphrase"),
    project: join(dir, "project"),
    config: join(dir, "project", `Pulumi.${stack}.yaml`),
    home: join(dir, "home"),
    temporary: join(dir, "tmp"),
    updating: join(dir, "updating"),
  };
}

/**
 * Makes the folders and, once, a passphrase for the secrets in the state.
 *
 * @param program text of the program, which `Pulumi.yaml` then names. @default the checkout's own
 */
export function prepareEngine(lab: Pick<Lab, "dir">, stack = STACK, program?: string): EnginePlaces {
  const places = enginePlaces(lab, stack);
  for (const dir of [places.state, places.home, places.project, places.temporary])
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const name of ["Pulumi.yaml", "package.json", "dist", "node_modules"]) {
    rmSync(join(places.project, name), { force: true });
    symlinkSync(join(checkoutRoot(), name), join(places.project, name));
  }
  if (program !== undefined) {
    const project = readFileSync(join(checkoutRoot(), "Pulumi.yaml"), "utf8");
    rmSync(join(places.project, "Pulumi.yaml"));
    writeFileSync(join(places.project, "Pulumi.yaml"), project.replace(/^main: .*$/m, "main: index.js"));
    writeFileSync(join(places.project, "index.js"), program);
  }
  if (!existsSync(places.passphrase))
    writeFileSync(places.passphrase, randomBytes(24).toString("base64"), { mode: 0o600 });
  return places;
}

export interface EngineOptions {
  readonly stdin?: string;
  /** Called with each line that the engine prints. */
  readonly onLine?: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/** Variables under which the engine works on what belongs to a lab alone. */
export function engineEnvironment(places: EnginePlaces): NodeJS.ProcessEnv {
  return {
    ...toolchainEnv({ ...process.env, PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" }),
    PULUMI_BACKEND_URL: `file://${places.state}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: places.passphrase,
    HOME: places.home,
    TMPDIR: places.temporary,
  };
}

/** Runs the engine at the operator's workstation against the lab's stack. Returns its outcome, whatever it is. */
export async function pulumi(
  lab: Lab,
  args: readonly string[],
  options: EngineOptions = {},
): Promise<Outcome> {
  const places = enginePlaces(lab);
  const env = { ...engineEnvironment(places), ...options.env };
  // Node itself may lie outside the usual folders.
  env["PATH"] = `${env["PATH"]}:/srv/pgkeep`;
  // A node has its own PATH and folder.
  return await lab.execIn(
    "ops",
    ["env", `PATH=${env["PATH"]}`, "pulumi", "--non-interactive", "-C", places.project, ...args],
    {
      env,
      timeoutMs: ENGINE_LIMIT_MS,
      // An engine that is told to end finishes what it has begun and writes it down.
      graceSeconds: 120,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      ...(options.onLine === undefined ? {} : { onStdoutLine: options.onLine, onStderrLine: options.onLine }),
    },
  );
}

/** As {@link pulumi}, but a failure is an error with the end of what the engine said. */
export async function mustPulumi(
  lab: Lab,
  args: readonly string[],
  options: EngineOptions = {},
): Promise<string> {
  const outcome = await pulumi(lab, args, options);
  if (outcome.code === 0) return outcome.stdout;
  const said = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n").slice(-40).join("\n");
  throw new Error(`pulumi ${args[0] ?? ""} ended with code ${outcome.code}:\n${said}`);
}

/** Arguments that name the lab's stack. */
export const ON_STACK: readonly string[] = ["--stack", STACK];
