import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installPrograms, versions } from "../../../toolchain/index.js";
import { ScanPlace, type Ended, type ScriptPlan, type Setting } from "../../kubernetes/scan-run.js";
import { debianWith, Registry } from "./registry.js";

/*
 * The script of the image scan with the real Trivy, on the shell and the tools that its image has (BusyBox), against images in a
 * registry on loopback and a database of four vulnerabilities.
 */

const HOUR = 3_600_000;
const VULNERABILITIES = [
  { Package: "critical", ID: "CVE-2099-0001", Severity: "CRITICAL", Fixed: "2.0-1" },
  { Package: "high", ID: "CVE-2099-0002", Severity: "HIGH", Fixed: "2.0-1" },
  { Package: "medium", ID: "CVE-2099-0003", Severity: "MEDIUM", Fixed: "2.0-1" },
  { Package: "unfixed", ID: "CVE-2099-0004", Severity: "CRITICAL", Fixed: "" },
].map((each) => ({ Platform: "debian 12", ...each }));

interface Report {
  readonly ArtifactName: string;
  readonly Results?: readonly {
    readonly Vulnerabilities?: readonly { readonly VulnerabilityID: string; readonly Severity: string }[];
  }[];
}

describe("image scan with Trivy", function () {
  // It is built once, for minutes.
  this.timeout(1_800_000);
  let trivy: string;
  let writer: string;
  let place: ScanPlace;
  let registry: Registry;
  let tools: string;

  before(async () => {
    const { trivy: scanner, vulnerabilityDatabase } = versions.programs;
    [trivy = "", writer = ""] = await installPrograms([scanner, vulnerabilityDatabase]);
  });
  beforeEach(async () => {
    place = new ScanPlace();
    registry = await Registry.start();
    symlinkSync(trivy, join(place.programs, "trivy"));
    tools = join(place.root, "busybox");
    mkdirSync(tools);
    const installed = spawnSync("busybox", ["--install", "-s", tools], { encoding: "utf8" });
    assert.equal(installed.status, 0, installed.stderr);
  });
  afterEach(async () => {
    await registry.close();
    place.remove();
  });

  const database = (folder: string, hours: number): void => {
    const input = JSON.stringify({
      UpdatedAt: new Date(Date.now() - hours * HOUR).toISOString(),
      Vulnerabilities: VULNERABILITIES,
    });
    const written = spawnSync(writer, [folder], { input, encoding: "utf8" });
    assert.equal(written.status, 0, written.stderr);
  };
  const scan = (
    images: Readonly<Record<string, string>>,
    plan: Partial<ScriptPlan> = {},
    env: Setting["env"] = {},
  ): Promise<Ended> =>
    place.run(plan, Object.entries(images).flat(), { shell: join(tools, "sh"), path: tools, env });
  const found = (folder: string): string[] => {
    const [name = ""] = place.list(folder);
    const report = JSON.parse(readFileSync(join(place.reports, folder, name), "utf8")) as Report;
    return (report.Results ?? []).flatMap(({ Vulnerabilities = [] }) =>
      Vulnerabilities.map(({ VulnerabilityID }) => VulnerabilityID),
    );
  };
  const image = (name: string, version = "1.0-1"): string =>
    registry.image(`mirror/${name}`, "1.0", debianWith(name, version));

  describe("with a database from a claim", () => {
    beforeEach(() => database(join(place.cache, "db"), 5));

    for (const [name, version, plan, code, ids] of [
      ["critical", "1.0-1", {}, 10, ["CVE-2099-0001"]],
      ["high", "1.0-1", {}, 10, ["CVE-2099-0002"]],
      ["high", "2.0-1", {}, 0, []],
      ["medium", "1.0-1", {}, 0, []],
      ["unfixed", "1.0-1", {}, 10, ["CVE-2099-0004"]],
      ["unfixed", "1.0-1", { ignoreUnfixed: true }, 0, []],
    ] as const)
      it(`${name} ${version}${"ignoreUnfixed" in plan ? ", what is fixed only" : ""}: ends with ${code}`, async () => {
        const result = await scan({ it: image(name, version) }, plan);
        assert.equal(result.code, code, result.output);
        assert.deepEqual(found("it"), ids);
      });

    it("scans the others where one is not there, and fails", async () => {
      const gone = `${registry.address}/mirror/gone:1.0@sha256:${"0".repeat(64)}`;
      const result = await scan({ gone, critical: image("critical"), sound: image("high", "2.0-1") });
      assert.equal(result.code, 1, result.output);
      assert.match(result.output, /^failed: \S+\/gone:\S+ exit-code=1$/m);
      assert.match(result.output, /^images with findings: 1, failed scans: 1,/m);
      assert.deepEqual(place.list(), ["critical", "sound"]);
    });

    it("asks nobody but the registry of the image, for the image", async () => {
      await scan({ it: image("critical") });
      assert.deepEqual(
        registry.asked.filter((path) => path !== "/v2/" && !path.startsWith("/v2/mirror/critical/")),
        [],
      );
      assert.ok(registry.asked.length > 1);
    });

    it("removes old reports on the tools of the image", async () => {
      const old = Array.from({ length: 8 }, (_, i) => `2020010${i + 1}T020000Z.json`);
      place.write("it", ...old);
      const result = await scan({ it: image("high", "2.0-1") });
      assert.equal(result.code, 0, result.output);
      assert.deepEqual(place.list("it").slice(0, 3), old.slice(-3));
      assert.equal(place.list("it").length, 4);
    });

    it("logs in by the file of the Secret, or fails", async () => {
      const closed = await Registry.start("scanner:PLANTED");
      try {
        const it = closed.image("mirror/high", "1.0", debianWith("high", "1.0-1"));
        const refused = await scan({ it });
        assert.equal(refused.code, 1, refused.output);
        const folder = join(place.root, "login");
        mkdirSync(folder);
        const auth = Buffer.from("scanner:PLANTED").toString("base64");
        writeFileSync(join(folder, "config.json"), JSON.stringify({ auths: { [closed.address]: { auth } } }));
        const let_in = await scan({ it }, {}, { DOCKER_CONFIG: folder });
        assert.equal(let_in.code, 10, let_in.output);
        assert.ok(!`${refused.output}${let_in.output}`.includes("PLANTED"));
      } finally {
        await closed.close();
      }
    });
  });

  for (const [hours, code, said] of [
    [47, 10, /database from \d{4}-/],
    [49, 1, /^failed: the vulnerability database is \d+ s old, and 172800 s are allowed$/m],
    [-2, 1, /from the future/],
  ] as const)
    it(`a database of ${hours} h: ends with ${code}`, async () => {
      database(join(place.cache, "db"), hours);
      const it = image("high");
      const result = await scan({ it });
      assert.equal(result.code, code, result.output);
      assert.match(result.output, said);
      if (code === 1) assert.deepEqual(registry.asked, []);
    });

  it("no database: fails before it scans", async () => {
    const result = await scan({ it: image("high") });
    assert.equal(result.code, 1, result.output);
    assert.match(result.output, /^failed: there is no vulnerability database$/m);
  });

  describe("with a database from a registry", () => {
    const from = (repository: string): Partial<ScriptPlan> => ({
      database: { from: "registry", repositories: [repository], maximumAge: 172_800 },
    });

    it("fetches it, and finds by it", async () => {
      const folder = join(place.root, "made");
      database(folder, 5);
      const result = await scan(
        { it: image("critical") },
        from(registry.database("mirror/trivy-db", folder)),
      );
      assert.equal(result.code, 10, result.output);
      assert.deepEqual(found("it"), ["CVE-2099-0001"]);
    });

    it("does not trust one that the mirror has not renewed", async () => {
      const folder = join(place.root, "made");
      database(folder, 100);
      const result = await scan(
        { it: image("critical") },
        from(registry.database("mirror/trivy-db", folder)),
      );
      assert.equal(result.code, 1, result.output);
      assert.match(result.output, /^failed: the vulnerability database is \d+ s old/m);
      assert.deepEqual(place.list(), []);
    });

    it("fails where there is none", async () => {
      const result = await scan({ it: image("critical") }, from(`${registry.address}/mirror/none:2`));
      assert.equal(result.code, 1, result.output);
      assert.match(result.output, /^failed: the vulnerability database cannot be fetched$/m);
    });
  });
});
