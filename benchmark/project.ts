import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolchainEnv } from "../toolchain/index.js";
import { metered, run, type Finished, type Metered, type RunOptions } from "./child.js";

/** The compiled benchmark lies in `dist/benchmark`. */
const CHECKOUT = join(__dirname, "..", "..");
const QUIET = ["--non-interactive", "--color", "never"];
const PREVIEW_TIMEOUT = 15 * 60_000;

/** A Pulumi project in a folder of its own, on a file backend, whose program is one line of compiled JavaScript. */
export class Project {
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(
    readonly folder: string,
    environment: NodeJS.ProcessEnv,
  ) {
    this.#environment = environment;
  }

  /**
   * @param folder where it goes; made by this call
   * @param program the text of the program
   * @param configuration configuration of its only stack, as the text of `Pulumi.benchmark.yaml`
   */
  static async create(
    folder: string,
    program: string,
    environment: NodeJS.ProcessEnv = {},
    configuration?: string,
  ): Promise<Project> {
    const state = join(folder, "state");
    mkdirSync(state, { recursive: true });
    const description = [
      "name: benchmark",
      "main: main.js",
      "runtime:",
      "  name: nodejs",
      "  options: { typescript: false }",
    ];
    writeFileSync(join(folder, "Pulumi.yaml"), `${description.join("\n")}\n`);
    writeFileSync(join(folder, "package.json"), '{ "name": "benchmark", "private": true }\n');
    writeFileSync(join(folder, "main.js"), program);
    symlinkSync(join(CHECKOUT, "node_modules"), join(folder, "node_modules"));
    const project = new Project(folder, {
      ...process.env,
      ...toolchainEnv(),
      ...environment,
      PULUMI_BACKEND_URL: `file://${state}`,
      // The state of a preview holds nothing; the passphrase protects made-up values only.
      PULUMI_CONFIG_PASSPHRASE: "benchmark",
    });
    await project.#pulumi(["stack", "init", "benchmark"]);
    if (configuration !== undefined) {
      writeFileSync(join(folder, "Pulumi.benchmark.yaml"), configuration, { mode: 0o600 });
    }
    return project;
  }

  /** Stores a value encrypted; it travels on standard input. */
  async configureSecret(key: string, value: string): Promise<void> {
    await this.#pulumi(["config", "set", "--stack", "benchmark", "--secret", key], value);
  }

  /** One preview: how long it took from start to exit of the command, and what it cost. */
  async preview(...options: readonly string[]): Promise<Metered> {
    const args = ["preview", "--stack", "benchmark", "--suppress-outputs", ...options];
    return metered("pulumi", [...args, ...QUIET], this.#options());
  }

  /** Resources that a preview would create, by its own summary. */
  static created(finished: Finished): number {
    return Number(/\+ (\d+) to create/.exec(finished.stdout)?.[1] ?? 0);
  }

  #pulumi(args: readonly string[], input?: string): Promise<Finished> {
    return run("pulumi", [...args, ...QUIET], this.#options(input));
  }

  #options(input?: string): RunOptions {
    const options = { cwd: this.folder, env: this.#environment, timeout: PREVIEW_TIMEOUT };
    return input === undefined ? options : { ...options, input };
  }
}
