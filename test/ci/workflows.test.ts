import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { forge, ROOT, type Forge } from "./workflows.js";

/*
 * The shipped pipelines, step by step, in a clone with an empty HOME. `npm ci` is replaced: pgkeep is in no registry that a test may
 * reach, and test/package installs the packed package already. Steps that need credentials are not run.
 */

const CI = join(ROOT, "docs", "ci");
const STRETCHED = ["networks: [10.77.1.2/32]", "networks: [10.77.1.2/31]"] as const;
const MARKER = "<!-- pgkeep-preview team-db/prod -->";

interface Step {
  readonly name: string;
  readonly run?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly if?: string; readonly permissions: object; readonly steps: readonly Step[] }>
  >;
}

interface Pipeline {
  readonly variables: Readonly<Record<string, string>>;
  readonly "pgkeep-gate": { readonly script: readonly string[] };
}

const workflow = parse(readFileSync(join(CI, "github-actions.yml"), "utf8")) as Workflow;
const pipeline = parse(readFileSync(join(CI, "gitlab-ci.yml"), "utf8")) as Pipeline;

/** Expressions of GitHub's that the steps without credentials use. */
const EVENT: Readonly<Record<string, string>> = {
  "github.token": "fork-token",
  "github.event.pull_request.number": "7",
  "github.event.pull_request.base.ref": "main",
};

function filled(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([key, value]) => [
      key,
      value.replaceAll(/\$\{\{ (\S+) \}\}/g, (_, name: string) => EVENT[name] ?? assert.fail(name)),
    ]),
  );
}

describe("the workflow for GitHub Actions", function () {
  this.timeout(600_000);
  const places: Forge[] = [];
  after(() => places.forEach((place) => place.remove()));

  /** Runs the job for forks; gives what the last step of it said, and the page's summary. */
  const gate = (
    change: (text: string) => string,
  ): { code: number | null; output: string; summary: string } => {
    const place = forge(change);
    places.push(place);
    const summary = join(place.work, "..", "summary.md");
    let last = { code: null as number | null, output: "" };
    for (const step of workflow.jobs["gate"]?.steps ?? []) {
      if (step.name === "Comment") continue;
      if (step.name === "Install") {
        place.install();
        continue;
      }
      last = place.run(
        step.run ?? assert.fail(`${step.name} runs nothing`),
        {
          ...filled(workflow.env),
          ...filled(step.env),
          GITHUB_SERVER_URL: `file://${place.server}`,
          GITHUB_REPOSITORY: "team/db.git",
          GITHUB_STEP_SUMMARY: summary,
        },
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"],
      );
      if (last.code !== 0) break;
    }
    return { ...last, summary: existsSync(summary) ? readFileSync(summary, "utf8") : "" };
  };

  it("lets a change pass, says what it opens against the base, and leaves no token behind", () => {
    const { code, output, summary } = gate((text) => text.replace(...STRETCHED));
    assert.equal(code, 0, output);
    assert.ok(
      summary.startsWith(`${MARKER}\n## pgkeep preview of \`prod\`: nothing blocks\n`),
      summary.slice(0, 200),
    );
    assert.match(
      summary,
      /^\| access \| opens 1, admits 1, against `Pulumi\.prod\.yaml of refs\/remotes\/base` \|$/m,
    );
    const config = readFileSync(join(places.at(-1)?.work ?? "", ".git", "config"), "utf8");
    assert.doesNotMatch(config, /token|AUTHORIZATION/i);
  });

  it("stops a change that breaks a rule, and shows the rule", () => {
    const { code, summary } = gate((text) =>
      text.replace("repository: { site: w }", "repository: { site: w, encryption: none }"),
    );
    assert.equal(code, 1);
    assert.match(summary, /blocked by [1-9]\d* findings?\n[^]*`backup-encrypted-elsewhere`/);
  });

  it("stops a change that is no declaration any more, and shows its problems", () => {
    const { code, summary } = gate((text) => text.replace("ttl: 60 s", "ttl: 21 s"));
    assert.equal(code, 1);
    assert.match(summary, /the declaration is refused\n[^]*`failover\.ttl`/);
  });

  it("uses nobody's actions, no expression within a script, and no credential where forks come", () => {
    assert.deepEqual([Object.keys(workflow.on), workflow.permissions], [["pull_request"], {}]);
    for (const [name, job] of Object.entries(workflow.jobs)) {
      for (const step of job.steps) {
        assert.equal(step.uses, undefined, step.name);
        assert.doesNotMatch(
          step.run ?? "",
          /\$\{\{/,
          `${name}, ${step.name}: text of a change would become code`,
        );
        if (JSON.stringify(step.env ?? {}).includes("secrets."))
          assert.match(job.if ?? "", /head\.repo\.full_name == github\.repository/, step.name);
      }
    }
    assert.deepEqual(workflow.jobs["gate"]?.permissions, { contents: "read", "pull-requests": "write" });
    assert.deepEqual(workflow.jobs["engine"]?.permissions, { contents: "read" });
  });
});

describe("the pipeline for GitLab CI", function () {
  this.timeout(600_000);

  it("says the same in the pipeline of a fork", () => {
    const place = forge((text) => text.replace(...STRETCHED));
    try {
      // The runner has checked the change out already.
      const clone = place.run(
        `git clone --quiet --branch change "file://${place.server}/team/db.git" .`,
        {},
        ["sh", "-ec"],
      );
      assert.equal(clone.code, 0, clone.output);
      const steps = pipeline["pgkeep-gate"].script.map((step) => (step.startsWith("npm ci") ? "true" : step));
      place.install();
      const { code, output } = place.run(
        steps.join("\n"),
        {
          PGKEEP_STACKS: pipeline.variables["PGKEEP_STACKS"] ?? "",
          CI_MERGE_REQUEST_PROJECT_URL: `file://${place.server}/team/db`,
          CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
        },
        ["sh", "-ec"],
      );
      assert.equal(code, 0, output);
      const files = readdirSync(place.work).filter((name) => name.endsWith(".md"));
      assert.deepEqual(files, ["preview-prod.md"]);
      const comment = readFileSync(join(place.work, "preview-prod.md"), "utf8");
      assert.ok(comment.startsWith(MARKER));
      assert.match(comment, /\*\*tcp 5432\*\*, by `access\.operators`/);
    } finally {
      place.remove();
    }
  });
});
