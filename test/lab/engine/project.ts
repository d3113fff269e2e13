import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../../../lab/hosts/lab.js";
import { checkoutRoot } from "../../../lab/places.js";
import type { Outcome } from "../../../lab/subprocess.js";
import { toolchainEnv } from "../../../toolchain/env.js";
import type { Choices } from "./program.js";

/** A Pulumi project of its own for the test's program, with its state in the lab's folder. */
export interface TestProject {
  /** Runs the engine at the operator's workstation. */
  pulumi(...args: readonly string[]): Promise<Outcome>;
  /** The same; fails with what the engine said. */
  must(...args: readonly string[]): Promise<string>;
  configure(choices: Choices): Promise<void>;
  /** Operation and resource of every step that is no "same", as preview plans it. */
  planned(...args: readonly string[]): Promise<string[]>;
}

export function testProject(lab: Lab): TestProject {
  const folder = join(lab.dir, "engine-test");
  mkdirSync(join(folder, "state"), { recursive: true });
  const link = (name: string): void => {
    if (!existsSync(join(folder, name))) symlinkSync(join(checkoutRoot(), name), join(folder, name));
  };
  for (const name of ["dist", "node_modules", "package.json"]) link(name);
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    "name: pgkeep\nruntime: { name: nodejs, options: { typescript: false } }\nmain: dist/test/lab/engine/program.js\n",
  );
  const env: NodeJS.ProcessEnv = {
    ...toolchainEnv({ ...process.env, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "engine-test",
    HOME: folder,
  };
  const path = `PATH=${env["PATH"]}:/srv/pgkeep`;
  const pulumi = (...args: readonly string[]): Promise<Outcome> =>
    lab.execIn("ops", ["env", path, "pulumi", "--non-interactive", "--color=never", "-C", folder, ...args], {
      env,
      timeoutMs: 10 * 60_000,
    });
  const must = async (...args: readonly string[]): Promise<string> => {
    const outcome = await pulumi(...args);
    if (outcome.code === 0) return outcome.stdout;
    throw new Error(
      `pulumi ${args.join(" ")} ended with ${outcome.code}:\n${outcome.stdout}\n${outcome.stderr}`,
    );
  };
  return {
    pulumi,
    must,
    async configure(choices) {
      await must("config", "set", "pgkeep:choices", JSON.stringify(choices));
    },
    async planned(...args) {
      const { steps } = JSON.parse(await must("preview", "--json", ...args)) as {
        steps: { op: string; urn: string }[];
      };
      return steps
        .filter(({ op }) => op !== "same")
        .map(({ op, urn }) => {
          const [type = "", name = ""] = urn.split("::").slice(-2);
          return `${op} ${type.split("$").at(-1)} ${name}`;
        });
    },
  };
}
