import assert from "node:assert/strict";
import { renderRolesSql } from "../../components/postgres/index.js";
import { markedSecrets } from "../fixtures/secrets.js";
import { planOf } from "./build.js";

describe("roles SQL", () => {
  const plan = planOf((input) => {
    input.cluster.databases[0] = { name: "shop", owner: "shopkeeper", extensions: ["citext"] };
  });
  const text = renderRolesSql(plan, markedSecrets(plan.environment));
  const at = (line: string): number => {
    const found = text.split("\n").indexOf(line);
    assert.ok(found >= 0, line);
    return found;
  };

  it("lets the owner of a database name what its extensions hold", () =>
    assert.ok(at('GRANT USAGE ON SCHEMA "extensions" TO "shopkeeper";') > at("\\connect 'dbname=shop'")));

  it("keeps connections for backup, maintenance, rewind and monitors, and only for them", () => {
    for (const role of ["backup", "maint", "rewind", "metrics"])
      at(`GRANT pg_use_reserved_connections TO "${role}";`);
    assert.ok(!text.includes('GRANT pg_use_reserved_connections TO "shop_app"'));
    at('REVOKE pg_use_reserved_connections FROM "shop_app";');
  });

  it("limits a role to what is not reserved when the declaration does not say", () => {
    const small = planOf((input) => (input.cluster.workload = "warehouse"));
    assert.match(
      renderRolesSql(small, markedSecrets(small.environment)),
      /ALTER ROLE "shop_app" .* CONNECTION LIMIT 29 /,
    );
    assert.match(text, /ALTER ROLE "shop_app" .* CONNECTION LIMIT 50 /);
  });

  it("puts the statistics of statements where monitors may read, in database postgres", () => {
    const first = at("\\connect 'dbname=shop'");
    assert.ok(at('GRANT USAGE ON SCHEMA "extensions" TO pg_monitor;') < first);
    assert.ok(at('ALTER ROLE "metrics" IN DATABASE "postgres" SET search_path = "extensions";') < first);
    assert.ok(!text.includes("EXTENSION IF NOT EXISTS pg_stat_statements;"));
    for (const name of ["shop_app", "metrics"]) at(`ALTER ROLE "${name}" IN DATABASE "postgres" RESET ALL;`);
  });
});
