import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PLAN, ScanPlace, stamp, type ScriptPlan } from "./scan-run.js";

/*
 * The script's own decisions, with a program in Trivy's place that ends as it is told; test/lab/scan runs the real one.
 */

/** A store; the scan's script cares only that there is one. */
const COPY: NonNullable<ScriptPlan["reports"]["copy"]> = {
  image: { reference: "a:1@b", repository: "a", name: "a", tag: "1", digest: "b" },
  address: "https://objects.example.org/audit",
  region: "us-east-1",
  credentials: { secretName: "store" },
  networks: [],
};

/** Stands for Trivy: the database's age in hours, and by image how a scan ends. */
function standIn(hours: number | "none"): string {
  const updated = hours === "none" ? "" : new Date(Date.now() - hours * 3_600_000).toISOString();
  const database =
    hours === "none"
      ? ""
      : `,"VulnerabilityDB":{"Version":2,"NextUpdate":"2001-01-01T00:00:00Z","UpdatedAt":"${updated.replace("Z", "123Z")}"}`;
  // Another database stands before and after: only the one of vulnerabilities counts.
  return `#!/bin/sh
if [ "$1" = version ]; then
  printf '%s\\n' '{ "Version": "0.76.2"${database}, "JavaDB": {"UpdatedAt": "2001-01-01T00:00:00Z"}}'
  exit 0
fi
echo "$*" >>"$HOME/calls"
for image; do :; done
output=
for word; do [ "$output" = next ] && output=$word; [ "$word" = --output ] && output=next; done
case $image in
*clean*) echo '{"SchemaVersion": 2}' >"$output"; exit 0 ;;
*found*) echo '{"SchemaVersion": 2}' >"$output"; exit 10 ;;
*half*) echo '{"Schema' >"$output"; exit 0 ;;
*silent*) exit 10 ;;
--no-progress) exit "\${DOWNLOAD:-0}" ;;
*) exit 1 ;;
esac
`;
}

describe("script of the image scan", () => {
  let place: ScanPlace;
  beforeEach(() => {
    place = new ScanPlace();
    place.program("trivy", standIn(5));
  });
  afterEach(() => place.remove());

  for (const [images, code, said] of [
    [["a", "clean"], 0, /^clean: clean report=a\/\d{8}T\d{6}Z\.json$/m],
    [["a", "found"], 10, /^findings: found report=a\//m],
    [["a", "broken"], 1, /^failed: broken exit-code=1$/m],
    [["a", "found", "b", "broken"], 1, /^images with findings: 1, failed scans: 1/m],
    [["a", "broken", "b", "found"], 1, /^findings: found report=b\//m],
    [["a", "clean", "b", "found"], 10, /^images with findings: 1, failed scans: 0/m],
    [["a", "half"], 1, /^failed: half exit-code=0$/m],
    [["a", "silent"], 1, /^failed: silent exit-code=10$/m],
    // What the image before has left is not taken for the report of the next.
    [["a", "clean", "b", "silent"], 1, /^failed: silent exit-code=10$/m],
  ] as const)
    it(`${images.filter((_, i) => i % 2 === 1).join(", ")}: ends with ${code}`, async () => {
      const result = await place.run({}, images);
      assert.equal(result.code, code, result.output);
      assert.match(result.output, said);
      const whole = images.filter((_, i) => /clean|found/.test(images[i + 1] ?? "") && i % 2 === 0);
      assert.deepEqual(place.list(), [...whole].toSorted());
      for (const folder of whole) assert.match(place.list(folder).join(" "), /^\d{8}T\d{6}Z\.json$/);
    });

  for (const [hours, code, said] of [
    [47, 0, /database from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/m],
    [49, 1, /^failed: the vulnerability database is 1764\d\d s old, and 172800 s are allowed$/m],
    ["none", 1, /^failed: there is no vulnerability database$/m],
    [-2, 1, /^failed: the vulnerability database is from the future/m],
  ] as const)
    it(`a database of ${hours} hours: ends with ${code}`, async () => {
      place.program("trivy", standIn(hours));
      const result = await place.run({}, ["a", "clean"]);
      assert.equal(result.code, code, result.output);
      assert.match(result.output, said);
      if (code !== 0) assert.deepEqual(place.list(), []);
    });

  it("scans nothing where the database cannot be fetched", async () => {
    place.program("trivy", standIn(5).replace("${DOWNLOAD:-0}", "1"));
    const online = { database: { from: "registry", maximumAge: 172_800 } } as const;
    const result = await place.run(online, ["a", "clean"]);
    assert.equal(result.code, 1, result.output);
    assert.match(result.output, /^failed: the vulnerability database cannot be fetched$/m);
    assert.deepEqual(place.list(), []);
  });

  for (const [images, code] of [
    [["a", "clean"], "0"],
    [["a", "found"], "10"],
    [["a", "broken"], "1"],
  ] as const)
    it(`says how it ended, where a copy follows: ${code}`, async () => {
      const copied = { reports: { ...PLAN.reports, copy: COPY } };
      const result = await place.run(copied, images);
      assert.equal(result.code, 0, result.output);
      assert.equal(readFileSync(join(place.state, "exit-code"), "utf8"), `${code}\n`);
    });

  it("says so as well where it gives up", async () => {
    place.program("trivy", standIn("none"));
    const result = await place.run({ reports: { ...PLAN.reports, copy: COPY } }, ["a", "clean"]);
    assert.equal(result.code, 0, result.output);
    assert.equal(readFileSync(join(place.state, "exit-code"), "utf8"), "1\n");
  });

  it("removes old reports, but the newest of each image stay, whatever their age", async () => {
    const old = [-40, -50, -60, -70, -80].map((days) => `${stamp(days)}.json`);
    const young = [-1, -2].map((days) => `${stamp(days)}.json`);
    place.write("all-old", ...old);
    place.write("mixed", ...young, ...old);
    place.write("one", old[4] ?? "");
    place.write("many-young", ...[-3, -4, -5, -6, -7].map((days) => `${stamp(days)}.json`));
    place.write("others", "notes.txt", "20010101T000000Z.json.part", ...old);
    const result = await place.run({}, ["one", "broken"]);
    assert.equal(result.code, 1);
    assert.deepEqual(place.list("all-old"), old.slice(0, 3).toSorted());
    assert.deepEqual(place.list("mixed"), [...young, ...old.slice(0, 1)].toSorted());
    assert.deepEqual(place.list("one"), [old[4]]);
    assert.equal(place.list("many-young").length, 5);
    assert.deepEqual(
      place.list("others"),
      ["20010101T000000Z.json.part", "notes.txt", ...old.slice(0, 3)].toSorted(),
    );
    assert.match(result.output, /^removed: 8 old reports$/m);
  });

  it("removes no more in one run than it may", async () => {
    const many = Array.from({ length: 160 }, (_, i) => `${stamp(-100 - i)}.json`);
    place.write("many", ...many);
    await place.run({}, ["a", "clean"]);
    assert.equal(place.list("many").length, 60);
    await place.run({}, ["a", "clean"]);
    assert.deepEqual(place.list("many"), many.slice(0, 3).toSorted());
  });

  it("follows no link out of the volume", async () => {
    place.write("../outside", ...[-100, -101, -102, -103, -104].map((days) => `${stamp(days)}.json`));
    spawnSync("ln", ["-s", "../outside", `${place.reports}/link`]);
    await place.run({}, ["a", "clean"]);
    assert.equal(place.list("../outside").length, 5);
  });
});
