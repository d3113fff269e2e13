import type { ImageScanPlan } from "./args.js";

/** Where the container has what it works with. */
export const SCAN_PATHS = {
  reports: "/reports",
  cache: "/cache",
  temporary: "/tmp",
  login: "/registry-login",
  authorities: "/authorities",
  store: "/store-login",
  state: "/state",
} as const;

/** How a scan ends beside 0, which is: every image scanned, nothing found. Trivy itself fails with 1. */
export const SCAN_EXIT = { failure: 1, findings: 10 } as const;

/** Reports that one run removes at most, whatever the clock says. */
const MOST_REMOVED = 100;

type ScriptPlan = Pick<ImageScanPlan, "database" | "ignoreUnfixed" | "imageTimeLimit" | "reports">;

/**
 * The script of the scan, for the shell of Trivy's image (BusyBox) and any other of POSIX. Its arguments are pairs of a folder
 * and an image. A report is written aside and moved into place whole; reports are named by the time at which the job began, and
 * their age is read from the name, which a restore of the volume does not change.
 */
export function scanScript({ database, ignoreUnfixed, imageTimeLimit, reports }: ScriptPlan): string {
  // Where reports are copied afterwards, the copy must come to run, and ends in the scan's stead.
  const end =
    reports.copy === undefined ? 'exit "$1"' : `printf '%s\\n' "$1" >${SCAN_PATHS.state}/exit-code\n  exit 0`;
  const offline = database.from === "claim";
  const repositories = offline
    ? []
    : [
        ...(database.repositories ?? []).map((each) => `--db-repository ${each}`),
        ...(database.javaRepositories ?? []).map((each) => `--java-db-repository ${each}`),
      ];
  const options = [
    "--image-src remote",
    "--scanners vuln",
    "--severity HIGH,CRITICAL",
    ...(ignoreUnfixed ? ["--ignore-unfixed"] : []),
    `--exit-code ${SCAN_EXIT.findings}`,
    "--format json",
    `--output ${SCAN_PATHS.reports}/new.json`,
    `--timeout ${imageTimeLimit}s`,
    "--cache-backend memory",
    "--no-progress",
    "--skip-db-update",
    ...(offline ? ["--skip-java-db-update", "--skip-check-update", "--offline-scan"] : repositories),
  ];
  return `# pgkeep: scans images for vulnerabilities. Ends with 0 when nothing was found, ${SCAN_EXIT.findings} on findings, ${SCAN_EXIT.failure} when a scan failed.
set -u
umask 027
export LC_ALL=C
finish() {
  ${end}
}
cd ${SCAN_PATHS.reports} || finish ${SCAN_EXIT.failure}
now=$(date -u +%s)
stamp=$(date -u -d "@$now" +%Y%m%dT%H%M%SZ)
oldest=$(date -u -d "@$((now - ${reports.age}))" +%Y%m%dT%H%M%SZ)

say() { printf '%s\\n' "$*"; }
give_up() {
  say "failed: $*"
  finish ${SCAN_EXIT.failure}
}

# Keeps the newest ${reports.count} of a folder, whatever their age, and what is younger than the limit.
removed=0
tidy() {
  seen=0
  for report in $(ls -1 "$1" | sort -r); do
    case $report in
    [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z.json) ;;
    *) continue ;;
    esac
    seen=$((seen + 1))
    [ "$seen" -gt ${reports.count} ] || continue
    [ "\${report%.json}" \\< "$oldest" ] || continue
    [ "$removed" -lt ${MOST_REMOVED} ] || return 0
    rm -f -- "$1/$report" && removed=$((removed + 1))
  done
}
for folder in */; do
  [ -d "$folder" ] && [ ! -L "\${folder%/}" ] && [ "$folder" != lost+found/ ] && tidy "\${folder%/}"
done
[ "$removed" -eq 0 ] || say "removed: $removed old reports"
${offline ? "" : `\ntrivy image --download-db-only --no-progress${joined(repositories.filter((each) => each.startsWith("--db-")))} || give_up "the vulnerability database cannot be fetched"\n`}
# A database that is not renewed finds less each day, and says nothing about it.
updated=$(trivy version --format json | tr -d ' \\t\\n' |
  sed -n 's/.*"VulnerabilityDB":{[^}]*"UpdatedAt":"\\([0-9-]*\\)T\\([0-9:]*\\)[^"]*".*/\\1 \\2/p')
[ -n "$updated" ] || give_up "there is no vulnerability database"
began=$(date -u -d "$updated" +%s) || give_up "the database's time $updated cannot be read"
age=$((now - began))
[ "$age" -le ${database.maximumAge} ] || give_up "the vulnerability database is $age s old, and ${database.maximumAge} s are allowed"
[ "$age" -ge -3600 ] || give_up "the vulnerability database is from the future: the node's clock is wrong"

findings=0
failures=0
while [ $# -ge 2 ]; do
  folder=$1 image=$2
  shift 2
  rm -f new.json
  trivy image ${options.join(" ")} "$image"
  code=$?
  result=failed
  case $code in
  0) result=clean ;;
  ${SCAN_EXIT.findings}) result=findings ;;
  esac
  # What was written counts, not how the program ended.
  if [ "$result" != failed ] && grep -q '"SchemaVersion"' new.json &&
    mkdir -p "$folder" && mv new.json "$folder/$stamp.json"; then
    say "$result: $image report=$folder/$stamp.json"
    [ "$result" = clean ] || findings=$((findings + 1))
  else
    say "failed: $image exit-code=$code"
    failures=$((failures + 1))
  fi
done
rm -f new.json
say "images with findings: $findings, failed scans: $failures, database from $updated"
[ "$failures" -eq 0 ] || finish ${SCAN_EXIT.failure}
[ "$findings" -eq 0 ] || finish ${SCAN_EXIT.findings}
finish 0
`;
}

function joined(words: readonly string[]): string {
  return words.map((word) => ` ${word}`).join("");
}
