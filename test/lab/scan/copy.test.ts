import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installPrograms, versions } from "../../../toolchain/index.js";
import { ScanPlace, type Ended } from "../../kubernetes/scan-run.js";
import { ObjectStore } from "../../../lab/endpoints/object-store/index.js";

/** The script that copies reports, by the real curl, to a store that verifies signatures. */
describe("copy of scan reports", function () {
  this.timeout(900_000);
  let program: string;
  let place: ScanPlace;
  let store: ObjectStore;
  let tools: string;
  let objects: string;

  before(async () => {
    [program = ""] = await installPrograms([versions.programs.objectStore]);
  });
  beforeEach(async () => {
    place = new ScanPlace();
    tools = join(place.root, "busybox");
    mkdirSync(tools);
    assert.equal(spawnSync("busybox", ["--install", "-s", tools]).status, 0);
    symlinkSync("/usr/bin/curl", join(place.programs, "curl"));
    const folder = join(place.root, "objects");
    mkdirSync(folder);
    store = await ObjectStore.start(program, folder, "audit", ["ACCESSKEY", "PLANTED-secret"]);
    objects = join(folder, "buckets", "audit", "scans");
    key("PLANTED-secret");
    ended("10");
  });
  afterEach(async () => {
    await store.stop();
    place.remove();
  });

  const key = (secret: string): void =>
    writeFileSync(join(place.store, "curl.conf"), `user = "ACCESSKEY:${secret}"\n`);
  const ended = (code: string): void => writeFileSync(join(place.state, "exit-code"), `${code}\n`);
  const copy = async (address = `${store.address}/audit/scans`): Promise<Ended> => {
    const env = { CURL_CA_BUNDLE: store.authority };
    const result = await place.copy(
      { address, region: "us-east-1" },
      { shell: join(tools, "sh"), path: tools, env },
    );
    assert.ok(!result.output.includes("PLANTED"), result.output);
    return result;
  };
  const report = (folder: string, name: string, text = '{"SchemaVersion": 2}'): void => {
    mkdirSync(join(place.reports, folder), { recursive: true });
    writeFileSync(join(place.reports, folder, name), text);
  };
  const stored = (folder: string): string[] =>
    existsSync(join(objects, folder)) ? readdirSync(join(objects, folder)).toSorted() : [];

  for (const code of [0, 1, 10])
    it(`ends as the scan did: ${code}`, async () => {
      ended(String(code));
      report("postgres_18.6", "20261126T020000Z.json");
      const result = await copy();
      assert.equal(result.code, code, result.output);
      assert.match(result.output, /^copied reports: 1, missing in the store: 0$/m);
      assert.equal(
        readFileSync(join(objects, "postgres_18.6", "20261126T020000Z.json"), "utf8"),
        '{"SchemaVersion": 2}',
      );
    });

  it("copies what is not there yet, and what is there only in part, once", async () => {
    report("a", "20261125T020000Z.json");
    report("b", "20261126T020000Z.json");
    await copy();
    const [whole, half] = [join(place.reports, "b", "20261126T020000Z.json"), '{"Schema'];
    writeFileSync(whole, half);
    await copy();
    assert.equal(readFileSync(join(objects, "b", "20261126T020000Z.json"), "utf8"), half);
    report("b", "20261126T020000Z.json");
    report("a", "20261126T020000Z.json");
    assert.match((await copy()).output, /^copied reports: 2, missing in the store: 0$/m);
    assert.deepEqual(stored("a"), ["20261125T020000Z.json", "20261126T020000Z.json"]);
    assert.match((await copy()).output, /^copied reports: 0, missing in the store: 0$/m);
  });

  it("looks at the newest of each folder, and at nothing but reports", async () => {
    for (let day = 10; day < 20; day += 1) report("a", `202611${day}T020000Z.json`);
    report("a", "notes.txt");
    report(".", "new.json");
    await copy();
    assert.deepEqual(
      stored("a"),
      [13, 14, 15, 16, 17, 18, 19].map((day) => `202611${day}T020000Z.json`),
    );
  });

  for (const [what, change, address] of [
    ["the key is wrong", () => key("PLANTED-other"), undefined],
    ["the bucket is not there", () => undefined, "/none/scans"],
    ["nobody answers", () => undefined, "https://127.0.0.1:9/audit/scans"],
    ["the store's certificate is unknown", () => writeFileSync(store.authority, ""), undefined],
  ] as const)
    it(`fails where ${what}, whatever the scan has found`, async () => {
      ended("0");
      report("a", "20261126T020000Z.json");
      change();
      const result = await copy(address?.startsWith("/") === true ? `${store.address}${address}` : address);
      assert.equal(result.code, 1, result.output);
      assert.match(result.output, /^failed: a\/20261126T020000Z\.json is not in the store$/m);
    });

  for (const code of ["", "0; true", "137"])
    it(`fails where the scan has not said how it ended: "${code}"`, async () => {
      ended(code);
      const result = await copy();
      assert.equal(result.code, 1, result.output);
      assert.match(result.output, /^failed: the scan has not said how it ended$/m);
    });
});
