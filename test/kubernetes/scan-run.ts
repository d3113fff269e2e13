import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyScript } from "../../components/kubernetes/image-scan/copy-script.js";
import { scanScript, SCAN_PATHS } from "../../components/kubernetes/image-scan/scan-script.js";

export type ScriptPlan = Parameters<typeof scanScript>[0];

const DAY = 86_400;

/** What the script is made for, unless a test says otherwise. */
export const PLAN: ScriptPlan = {
  database: { from: "claim", claim: "database", maximumAge: 2 * DAY },
  ignoreUnfixed: false,
  imageTimeLimit: 60,
  reports: { size: 1024 ** 3, age: 30 * DAY, count: 3 },
};

/** Folders that stand for the container's volumes, removed by `remove`. */
export class ScanPlace {
  readonly root = mkdtempSync(join(tmpdir(), "pgkeep-scan-"));
  readonly reports = join(this.root, "reports");
  readonly cache = join(this.root, "cache");
  readonly programs = join(this.root, "bin");
  /** Where the scan says how it ended, when a copy follows. */
  readonly state = join(this.root, "state");
  /** With the key of an object store. */
  readonly store = join(this.root, "store");

  constructor() {
    for (const folder of [this.reports, this.cache, this.programs, this.state, this.store]) mkdirSync(folder);
  }

  /** Puts a program of the given text where the script finds it. */
  program(name: string, text: string): void {
    writeFileSync(join(this.programs, name), text, { mode: 0o755 });
  }

  /** Writes reports of a folder, or other files. */
  write(folder: string, ...names: readonly string[]): void {
    mkdirSync(join(this.reports, folder), { recursive: true });
    for (const name of names) writeFileSync(join(this.reports, folder, name), "{}");
  }

  /** Names in a folder of the reports, sorted. */
  list(folder = "."): string[] {
    return readdirSync(join(this.reports, folder)).toSorted();
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Runs the script of the scan as its container does. */
  run(plan: Partial<ScriptPlan>, images: readonly string[], setting: Setting = {}): Promise<Ended> {
    return this.#run(scanScript({ ...PLAN, ...plan }), images, setting);
  }

  /** Runs the script of the copy. */
  copy(store: Parameters<typeof copyScript>[0], setting: Setting = {}): Promise<Ended> {
    return this.#run(copyScript(store), [], setting);
  }

  #run(text: string, args: readonly string[], setting: Setting): Promise<Ended> {
    const { shell = "/bin/sh", path = process.env["PATH"] ?? "", env = {} } = setting;
    const script = (["reports", "state", "store"] as const).reduce(
      (script, place) => script.replaceAll(SCAN_PATHS[place], this[place]),
      text,
    );
    return new Promise((resolve, reject) => {
      const child = spawn(shell, ["-c", script, "job", ...args], {
        timeout: 120_000,
        env: {
          PATH: `${this.programs}:${path}`,
          HOME: this.root,
          TMPDIR: this.root,
          TRIVY_CACHE_DIR: this.cache,
          TRIVY_SKIP_VERSION_CHECK: "true",
          TRIVY_DISABLE_TELEMETRY: "true",
          ...env,
        },
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => (output += text));
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, output }));
    });
  }
}

/** Around the script. */
export interface Setting {
  /** @default /bin/sh */
  readonly shell?: string;
  /** @default that of the test */
  readonly path?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** How the script ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** The time of a report's name, some days from now. */
export function stamp(days: number): string {
  return `${new Date(Date.now() + days * DAY * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}
