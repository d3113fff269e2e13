import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import {
  formatDuration,
  formatSize,
  parseEnvironment,
  type Environment,
} from "../../components/declaration/index.js";
import {
  achieved,
  ASSUMPTIONS,
  expectedAvailability,
  FAILURE_WORDS,
  objectiveOf,
  type Achieved,
  type Assumption,
} from "../../components/recovery/index.js";

/** The stack whose figures the page shows. */
const EXAMPLE = "Pulumi.kvm-prod.yaml";

const INTRODUCTION = `# Recovery objectives: what is computed, and how

Written by \`npm run docs\` from the code that also judges a declaration (\`components/recovery/\`); a test fails when it is
not up to date.

- **RPO**: the greatest loss of acknowledged transactions, as time. **RTO**: from the last acknowledged write before a
  failure to the first one after it, as a client sees it.
- A declaration states both. What its schedules and settings achieve **at worst** is computed for six failures, one at a
  time, with the primary where it normally is. \`pulumi preview\` refuses, by policy, a declaration that misses an objective.
- \`objectives\` binds the loss of a process, VM, hypervisor or site. \`objectives.restore\` binds an operator's error and
  corruption, where a standby holds the same wrong data and a backup has to come back. The RPO of an operator's error counts
  from the moment that is chosen as target: what was written after it is given up on purpose. Corruption is found by the
  verification of the backups, so what comes back must be older than one interval of that.
- Nothing here is a promise. Drills measure the same values, in seconds and rows, and \`pgkeep report\` shows objective,
  computed and measured side by side.`;

const ARITHMETIC = `## Arithmetic

| case | RPO | RTO |
| --- | --- | --- |
| server process dies, Patroni starts it again | 0 | loop_wait + crash recovery + reconnect; above primary_start_timeout a failover instead |
| VM, hypervisor or site lost, a standby is left | 0 when more standbys confirm each commit than are lost with the primary; else ttl + maximumLag as time at the assumed WAL rate | ttl + loop_wait + fencing + replay of maximumLag + promotion + redirection. Without etcd majority, or with failover by hand: the operator instead of the lease |
| no standby is left, the repository is | archive_timeout + push | operator + restore of the data volume + replay of the longest gap between backups + promotion + redirection |
| no standby, a replicated VM | interval of VM replication + copy | operator + boot + crash recovery + redirection |
| operator's error | archive_timeout + push; with snapshots only: their interval + copy | as from the repository; with snapshots only: operator + copy of all disks + boot + crash recovery + redirection |
| corruption, found by verification | archive_timeout + push, when backups are kept longer than verification takes to find it; else, from a snapshot that old, interval of verification + interval of snapshots + copy | as for an operator's error, but from the full backup before, so with the longest gap between fulls to replay |

Redirection is DNS update + life of the record + reconnect, or takeover of the address + reconnect. Crash recovery replays
max_wal_size at worst. A restore is counted with the whole data volume, full or not. Availability is
100 % minus the assumed failures a year times their RTO.`;

/** The page in Markdown. */
export function objectivesPage(checkout: string): string {
  const environment = example(checkout);
  const rows = achieved(environment);
  const { percent, text } = expectedAvailability(rows);
  return `${[
    INTRODUCTION,
    "<!-- prettier-ignore-start -->",
    ARITHMETIC,
    "## Example: the production stack",
    `[${EXAMPLE}](../${EXAMPLE}): ${sentence(environment)}`,
    [
      "| failure | brought back by | RPO at worst | objective | RTO at worst | objective |",
      "| --- | --- | --- | --- | --- | --- |",
      ...rows.map((row) => line(environment, row)),
    ].join("\n"),
    `Availability: ${percent?.toFixed(4) ?? "out of reach"} % expected (${text}); objective ${environment.objectives.availability} %.`,
    "## Assumed figures",
    "What a declaration does not give. They stand in one file, `components/recovery/assumptions.ts`.",
    [
      "| name | value | source |",
      "| --- | --- | --- |",
      ...Object.entries<Assumption>(ASSUMPTIONS).map(
        ([name, assumption]) => `| ${name} | ${show(assumption)} | ${assumption.source} |`,
      ),
    ].join("\n"),
    "<!-- prettier-ignore-end -->",
  ].join("\n\n")}\n`;
}

function example(checkout: string): Environment {
  const stack = parse(readFileSync(join(checkout, EXAMPLE), "utf8")) as { config: Record<string, unknown> };
  return parseEnvironment(stack.config["pgkeep:environment"]);
}

function sentence({ cluster, replication, failover }: Environment): string {
  return (
    `${cluster.members.length} members, replication ${replication.mode}, failover ${failover.mode}, ` +
    `redirection by ${failover.redirect.kind}, data volume ${formatSize(cluster.sizing.disks.data)}.`
  );
}

function line(environment: Environment, row: Achieved): string {
  const wanted = objectiveOf(environment, row.failure);
  const by = row.automatic ? row.by : `${row.by}, started by a person`;
  return (
    `| ${FAILURE_WORDS[row.failure]} | ${by} | ${figure(row.rpo, row.rpoReason)} | ${formatDuration(wanted.rpo)} | ` +
    `${figure(row.rto, row.rtoReason)} | ${formatDuration(wanted.rto)} |`
  );
}

function figure(seconds: number | undefined, reason: string): string {
  if (seconds === undefined) {
    return `out of reach: ${reason}`;
  }
  const shown = formatDuration(seconds);
  return `**${shown}**: ${reason.replace(`${shown}: `, "")}`;
}

function show({ value, unit }: Assumption): string {
  switch (unit) {
    case "s":
      return formatDuration(value);
    case "B":
      return formatSize(value);
    case "B/s":
      return value % 1024 === 0 ? `${formatSize(value)}/s` : `${value / 1e6} MB/s`;
    case "per year":
      return `${value} a year`;
  }
}
