import { GUEST_PATHS } from "../../components/postgres/layout.js";
import { OperationError } from "../errors.js";
import {
  GuestCommandError,
  type BackupTool,
  type GuestAgent,
  type GuestRunOptions,
  type RunResult,
} from "../ports/index.js";
import { timelineName } from "../wal-segment.js";
import { LISTING_SCRIPT, parseListing } from "./archive-listing.js";
import { isLocked, parseExpire, parseInfo, parseVerify } from "./pgbackrest-output.js";

/** Every exit code: what these commands find stands in their output. */
const ANY = Array.from({ length: 256 }, (_, code) => code);

/** pgBackRest in the guest that holds the repository, as the account postgres. */
export function pgbackrest(agent: GuestAgent, stanza: string): BackupTool {
  const run = (args: readonly string[], options: GuestRunOptions = {}): Promise<RunResult> =>
    agent.run(
      ["runuser", "-u", "postgres", "--", "pgbackrest", `--config=${GUEST_PATHS.pgbackrest}`, ...args],
      options,
    );
  /** Runs a pipe that reads the repository; its first argument is the configuration. */
  const piped = async (script: string, ...args: readonly string[]): Promise<string> => {
    const shell = ["bash", "-o", "pipefail", "-c", script, "sh", GUEST_PATHS.pgbackrest];
    return (await agent.run(["runuser", "-u", "postgres", "--", ...shell, ...args])).stdout;
  };
  const own = `--stanza=${stanza}`;
  const tool: BackupTool = {
    async version() {
      const { stdout } = await agent.run(["pgbackrest", "version"]);
      return stdout.trim().replace(/^pgBackRest /, "");
    },
    async repository() {
      const result = await run([own, "info", "--output=json", "--log-level-console=off"], { accept: ANY });
      try {
        return parseInfo(result.stdout, stanza);
      } catch (error) {
        throw new OperationError(
          `pgbackrest info in ${agent.domain} gave nothing usable (exit code ${result.code}): ${firstLine(result)}`,
          `look at ${GUEST_PATHS.pgbackrest} in ${agent.domain}`,
          undefined,
          { cause: error },
        );
      }
    },
    async createStanza() {
      const result = await run([own, "stanza-create"], { timeout: 120, accept: ANY });
      if (result.code === 0 || isLocked(result)) return result.code === 0;
      throw new GuestCommandError(agent.domain, ["pgbackrest", "stanza-create"], result);
    },
    async check(timeout) {
      await run([own, "check", `--archive-timeout=${timeout}`], { timeout: timeout + 60 });
    },
    async backup(type, timeout) {
      await run([own, `--type=${type}`, "--no-expire-auto", "backup"], { timeout });
    },
    async verify(timeout) {
      const result = await run([own, "verify", "--output=text", "--verbose", "--log-level-console=off"], {
        timeout,
        accept: ANY,
      });
      const report = parseVerify(result.stdout);
      if (result.code === 0) return report;
      return {
        ...report,
        ok: false,
        problems: [`pgbackrest verify ended with ${result.code}`, ...report.problems],
      };
    },
    async archive(archiveId) {
      const script = 'pgbackrest --config="$1" repo-ls --recurse "$2" | python3 -c "$3"';
      const path = `archive/${stanza}/${archiveId}`;
      return parseListing(await piped(script, path, LISTING_SCRIPT));
    },
    async history(archiveId, timeline) {
      const { stdout } = await run([
        "repo-get",
        `archive/${stanza}/${archiveId}/${timelineName(timeline)}.history`,
      ]);
      return stdout;
    },
    async manifestHash(label) {
      const script = 'pgbackrest --config="$1" repo-get --raw "$2" | sha256sum';
      const path = `backup/${stanza}/${label}/backup.manifest`;
      return (await piped(script, path)).slice(0, 64);
    },
    async expirable() {
      const { stdout } = await run([own, "expire", "--dry-run", "--log-level-console=info"]);
      return parseExpire(stdout);
    },
    async expire(timeout) {
      await run([own, "expire"], { timeout });
    },
  };
  return tool;
}

function firstLine({ stdout, stderr }: RunResult): string {
  return (stderr.trim() || stdout.trim()).split("\n")[0]?.slice(0, 200) ?? "";
}
