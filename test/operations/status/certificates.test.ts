import assert from "node:assert/strict";
import { parseEnvironment, type Secrets } from "../../../components/declaration/index.js";
import { GUEST_PATHS } from "../../../components/postgres/index.js";
import type { Context } from "../../../operations/context.js";
import { certificateProblems } from "../../../operations/jobs/status/certificates.js";
import { createSecrets } from "../../../operations/secrets/index.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

const NOW = new Date("2026-11-22T12:00:00Z");
const after = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);

describe("certificates in the status", () => {
  let secrets: Secrets;
  before(async () => {
    secrets = await createSecrets(parseEnvironment(kvmEnvironment()), undefined, NOW);
  });

  /** Guests that hold this set at a moment; w1 does not let itself be read. */
  const problems = (now: Date, guests: readonly string[]): Promise<readonly string[]> =>
    certificateProblems(
      {
        clock: { now: () => now },
        agent: (guest: string) => ({
          run: (argv: readonly string[]) => {
            if (guest === "w1") return Promise.reject(new Error("no such file"));
            const own = secrets.certificates[guest]?.certificate ?? "";
            const contents = argv
              .slice(1)
              .map((path) => (path === GUEST_PATHS.certificate ? own : secrets.authority));
            return Promise.resolve({ code: 0, stdout: contents.join(""), stderr: "" });
          },
        }),
      } as unknown as Context,
      guests,
    );

  it("are no problem until a month before their end", async () => {
    assert.deepEqual(await problems(after(790), ["pg-a1"]), []);
    assert.match(
      (await problems(after(800), ["pg-a1"]))[0] ?? "",
      /^pg-a1: a certificate ends in 25 days; renew/,
    );
    assert.match((await problems(after(900), ["pg-a1"]))[0] ?? "", /^pg-a1: a certificate has ended/);
  });

  it("are a problem when they cannot be seen", async () => {
    assert.deepEqual(await problems(NOW, ["pg-b1", "w1"]), [
      "w1: its certificates cannot be seen: no such file",
    ]);
  });
});
