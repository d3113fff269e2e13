import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseEnvironment, type EnvironmentInput } from "../../components/declaration/index.js";
import { guestSizing } from "../../components/recovery/guest-sizing.js";
import { changed } from "../declaration/change.js";

const GIB = 1024 ** 3;

describe("resources of a guest", () => {
  const repository = (...changes: string[]): number =>
    guestSizing(parseEnvironment(changed(changes)), "witness").disks.data / GIB;

  it("give the repository the size that is declared", () =>
    assert.equal(repository('backup.repository.size = "100 GiB"'), 100));

  it("give it the data volume's, and more for many full backups", () => {
    assert.equal(repository(), 20);
    // Weekly, 10 weeks and the next one: 20 x 2/3 x (1 + 1.1) = 28.
    assert.equal(repository('backup.base.retention.age = "70 d"'), 28);
    assert.equal(repository("backup.base.retention.count = 10"), 28);
  });

  it("leave members as declared", () => {
    const environment = parseEnvironment(changed(['backup.repository.size = "100 GiB"']));
    assert.deepEqual(guestSizing(environment, "member"), environment.cluster.sizing);
  });

  for (const name of ["lab-kvm", "kvm-dev", "kvm-prod"])
    it(`are the data volume's for the repository of ${name}`, () => {
      const text = readFileSync(join(__dirname, "..", "..", `Pulumi.${name}.yaml`), "utf8");
      const { config } = parse(text) as { config: { "pgkeep:environment": EnvironmentInput } };
      const environment = parseEnvironment(config["pgkeep:environment"]);
      assert.equal(guestSizing(environment, "witness").disks.data, environment.cluster.sizing.disks.data);
    });
});
