import assert from "node:assert/strict";
import { parseEnvironment } from "../../components/declaration/index.js";
import { achieved, ASSUMPTIONS, expectedAvailability, unmet } from "../../components/recovery/index.js";
import { changed } from "../declaration/change.js";

function texts(...changes: string[]): string[] {
  return unmet(parseEnvironment(changed(changes))).map(({ text }) => text);
}

describe("unmet objectives", () => {
  it("are none for the fixture", () => assert.deepEqual(texts(), []));

  it("name the failure, the objective, both values and the arithmetic", () =>
    assert.deepEqual(texts('objectives.rto = "1 min"'), [
      "RTO after a crash of the server process is 64 s at worst, objectives.rto asks for 1 min: crash recovery of 3413 MiB at 130 MB/s would take 28 s: loop_wait 10 s + primary_start_timeout 15 s + loop_wait 10 s + fencing 11 s + replay of 16 MiB 1 s + promotion 5 s + DNS update 2 s + ttl of the record 5 s + reconnect 5 s = 64 s",
      "RTO after a failure of the VM is 69 s at worst, objectives.rto asks for 1 min: ttl 30 s + loop_wait 10 s + fencing 11 s + replay of 16 MiB 1 s + promotion 5 s + DNS update 2 s + ttl of the record 5 s + reconnect 5 s = 69 s",
      "RTO after the loss of the hypervisor is 78 s at worst, objectives.rto asks for 1 min: ttl 30 s + loop_wait 10 s + fencing of a silent hypervisor 20 s + replay of 16 MiB 1 s + promotion 5 s + DNS update 2 s + ttl of the record 5 s + reconnect 5 s = 78 s",
      "RTO after the loss of the site is 78 s at worst, objectives.rto asks for 1 min: ttl 30 s + loop_wait 10 s + fencing of a silent hypervisor 20 s + replay of 16 MiB 1 s + promotion 5 s + DNS update 2 s + ttl of the record 5 s + reconnect 5 s = 78 s",
    ]));

  it("accept what is exactly achieved", () => assert.deepEqual(texts('objectives.rto = "78 s"'), []));

  it("measure restores against their own objectives", () => {
    const found = unmet(parseEnvironment(changed(['objectives.restore = {"rpo":"1 min","rto":"1 h"}'])));
    assert.deepEqual(
      found.map(({ failure, objective, wanted, achieved: value }) => [failure, objective, wanted, value]),
      [
        ["operatorError", "rpo", 60, 70],
        ["corruption", "rpo", 60, 70],
        ["corruption", "rto", 3600, 6901],
      ],
    );
  });

  it("say when nothing brings the data back", () => {
    const found = texts(
      "backup.base removed",
      "backup.wal removed",
      "backup.vmSnapshot removed",
      "drills removed",
    );
    assert.deepEqual(
      found.map((text) => text.split(",")[0]),
      [
        "RPO after an operator's error is out of reach",
        "RTO after an operator's error is out of reach",
        "RPO after corruption is out of reach",
        "RTO after corruption is out of reach",
      ],
    );
  });

  it("reckon availability from the assumed failures", () => {
    const rows = achieved(parseEnvironment(changed(['failover.mode = "manual"'])));
    // 4 x 1833 + 2 x 1829 + 1 x 1838 + 0.2 x 1838 = 13195.6 s of 31536000 s.
    const { percent, text } = expectedAvailability(rows);
    assert.equal(percent?.toFixed(4), (100 * (1 - 13195.6 / 31536000)).toFixed(4));
    assert.match(text, /process 4 x 1833 s \+ vm 2 x 1829 s \+ host 1 x 1838 s \+ site 0\.2 x 1838 s/);
    const found = unmet(
      parseEnvironment(
        changed(['failover.mode = "manual"', "objectives.availability = 99.99", 'objectives.rto = "1 h"']),
      ),
    );
    assert.deepEqual(
      found.map(({ objective }) => objective),
      ["availability"],
    );
  });

  it("every assumption says where it comes from", () => {
    for (const [id, { value, source }] of Object.entries(ASSUMPTIONS))
      assert.ok(value > 0 && source.length > 15, id);
  });
});
