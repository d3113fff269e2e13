import assert from "node:assert/strict";
import { readConfiguration, RULES } from "../../policy/index.js";
import { rule } from "./fixtures.js";

const exemption = { resource: "pg-*", reason: "the storage below encrypts", expires: "2027-06-30" };

describe("the configuration of the pack, read without the engine", () => {
  it("gives level, exemptions and parameters of each rule", () => {
    const read = readConfiguration(
      {
        all: "advisory",
        "secure-boot": "disabled",
        "backup-kept": { enforcementLevel: "mandatory", days: 14, exemptions: [exemption] },
      },
      RULES,
    );
    assert.ok(read.ok);
    assert.deepEqual(read.of(rule("secure-boot")), { level: "disabled", exemptions: [], parameters: {} });
    assert.deepEqual(read.of(rule("backup-kept")), {
      level: "mandatory",
      exemptions: [exemption],
      parameters: { days: 14 },
    });
    assert.equal(read.of(rule("no-open-source")).level, "advisory");
  });

  it("leaves the level of the rule where nothing is said", () => {
    const read = readConfiguration({ "volume-encrypted": { exemptions: [] } }, RULES);
    assert.ok(read.ok);
    assert.equal(read.of(rule("volume-encrypted")).level, "advisory");
    assert.equal(read.of(rule("secure-boot")).level, "mandatory");
  });

  it("says everything that is wrong at once", () => {
    const read = readConfiguration(
      {
        nothing: "advisory",
        all: { enforcementLevel: "loud" },
        "secure-boot": 7,
        "backup-kept": { days: 0, weeks: 1, exemptions: [{ resource: "x", because: "y" }] },
        "vm-orderly-shutdown": { minutes: 11 },
      },
      RULES,
    );
    assert.ok(!read.ok);
    assert.deepEqual(read.problems, [
      "nothing is no rule of the pack: `pgkeep policy list` names them",
      'all.enforcementLevel is "loud": give one of mandatory, advisory, disabled',
      "secure-boot is neither a level nor an object: give one of mandatory, advisory, disabled, or an object",
      "backup-kept.days is 0: give a number of at least 1",
      "backup-kept.weeks is unknown: give enforcementLevel, exemptions, days, copies",
      "backup-kept.exemptions[0] is no exemption: give resource, reason and expires",
      "vm-orderly-shutdown.minutes is 11: give a number of at least 1 and at most 10",
    ]);
    for (const document of [undefined, [], "x"]) assert.ok(!readConfiguration(document, RULES).ok);
  });
});
