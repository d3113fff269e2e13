import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parse, stringify } from "yaml";
import { engineEnvironment, type EngineOptions, type EnginePlaces } from "../run/engine.js";
import { run, type Outcome } from "../subprocess.js";

/** Longest that the engine may take. */
const ENGINE_LIMIT_MS = 20 * 60_000;

/** A stack of the engine on the clusters of the laboratory. */
export class EngineStack {
  constructor(
    readonly places: EnginePlaces,
    private readonly name: string,
  ) {}

  /** Makes it, with secrets that the engine encrypts before they touch a file. */
  async make(secrets: Readonly<Record<string, unknown>>): Promise<void> {
    await this.mustPulumi(["stack", "init"]);
    for (const [key, value] of Object.entries(secrets))
      await this.mustPulumi(["config", "set", "--secret", `pgkeep:${key}`], { stdin: JSON.stringify(value) });
  }

  /** Changes its configuration; what the engine has stored encrypted stays. */
  configure(settings: Readonly<Record<string, unknown>>): void {
    const { config: file } = this.places;
    const { config, ...rest } = parse(readFileSync(file, "utf8")) as { config?: object };
    writeFileSync(file, stringify({ ...rest, config: { ...config, ...settings } }), { mode: 0o600 });
  }

  /** Runs the engine as an operator would. */
  pulumi(args: readonly string[], options: EngineOptions = {}): Promise<Outcome> {
    const env = { ...engineEnvironment(this.places), ...options.env };
    // Node itself may lie outside the usual folders.
    env["PATH"] = `${env["PATH"]}:${dirname(process.execPath)}`;
    const argv = ["--non-interactive", "-C", this.places.project, ...args, "--stack", this.name];
    return run("setpriv", ["--pdeathsig", "TERM", "--", "pulumi", ...argv], {
      env,
      timeoutMs: ENGINE_LIMIT_MS,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      ...(options.onLine === undefined ? {} : { onStdoutLine: options.onLine, onStderrLine: options.onLine }),
    });
  }

  /** As `pulumi`, but a failure is an error with the end of what the engine said. */
  async mustPulumi(args: readonly string[], options: EngineOptions = {}): Promise<string> {
    const outcome = await this.pulumi(args, options);
    if (outcome.code === 0) return outcome.stdout;
    const said = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n").slice(-60).join("\n");
    throw new Error(`pulumi ${args[0] ?? ""} ended with code ${outcome.code}:\n${said}`);
  }
}
