import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { hostBundle } from "../../../components/libvirt/host-bundle.js";
import { recoveryPlan, type HostBundle } from "../../../components/recovery/index.js";
import { applyHostBundle, removeHost } from "../../../operations/host/apply.js";
import { hostSystem, type HostSystem } from "../../../operations/host/system.js";
import { kvmEnvironment } from "../../fixtures/environment.js";
import { markedSecrets } from "../../fixtures/secrets.js";

const UNITS = "/etc/systemd/system";

describe("a hypervisor whose apply or remove was killed", () => {
  const environment = parseEnvironment(kvmEnvironment());
  const secrets = markedSecrets(environment);
  const full = hostBundle(recoveryPlan(environment), "host-a", secrets);
  /** The same without its timers and their units. */
  const fewer: HostBundle = {
    ...full,
    timers: [],
    files: full.files.filter(({ path }) => !path.startsWith(UNITS)),
    accounts: [],
    authorizedKeys: [],
  };
  let root: string;
  let calls: string[];
  let loaded: Set<string>;
  /** The process dies when it comes to the accounts, which is after the files. */
  let killed: boolean;
  let system: HostSystem;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "pgkeep-host-"));
    calls = [];
    loaded = new Set();
    killed = false;
    const real = hostSystem(root);
    const link = (timer: string): string => real.path(join(UNITS, "timers.target.wants", timer));
    system = {
      ...real,
      home: () => join("/home/somebody"),
      systemd: true,
      async removeAccount() {
        if (killed) throw new Error("killed");
      },
      // As systemd does it.
      async systemctl(verb = "", ...argv) {
        calls.push([verb, ...argv].join(" "));
        for (const timer of argv.filter((word) => !word.startsWith("-"))) {
          if (!existsSync(real.path(join(UNITS, timer))))
            throw new Error(`Failed to ${verb} unit: Unit file ${timer} does not exist.`);
          if (verb === "enable") {
            mkdirSync(dirname(link(timer)), { recursive: true });
            rmSync(link(timer), { force: true });
            symlinkSync(join(UNITS, timer), link(timer));
            loaded.add(timer);
          }
          if (verb === "disable") {
            rmSync(link(timer));
            loaded.delete(timer);
          }
        }
      },
      async stopUnit(timer) {
        calls.push(`stop ${timer}`);
        loaded.delete(timer);
      },
    };
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    "pgkeep host apply": () => applyHostBundle(system, fewer),
    "pgkeep host remove": () => removeHost(system, environment.name),
  };
  for (const [way, run] of Object.entries(ways))
    it(`after the unit files were removed: the next ${way} ends it`, async () => {
      await applyHostBundle(system, full);
      assert.ok(full.timers.length > 0 && loaded.size === full.timers.length);
      killed = true;
      await assert.rejects(run(), /killed/);
      killed = false;
      // Somebody has enabled one of them by hand meanwhile.
      const [timer = ""] = full.timers;
      const link = system.path(join(UNITS, "timers.target.wants", timer));
      symlinkSync(join(UNITS, timer), link);
      loaded.add(timer);
      calls = [];
      await run();
      assert.deepEqual([...loaded], []);
      assert.throws(() => rmSync(link), /ENOENT/, "the link that starts it is left");
      assert.ok(calls.includes("daemon-reload"), calls.join("; "));
      calls = [];
      await run();
      assert.deepEqual(
        calls.filter((call) => /^(disable|stop)/.test(call)),
        [],
      );
    });
});
