import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import { parse } from "yaml";
import { parseEnvironment, stackFileJsonSchema } from "../../components/declaration/index.js";
import { SCHEMA_PATH, schemaText } from "../../toolchain/schema.js";
import { kvmEnvironment } from "../fixtures/environment.js";
import { changed } from "./change.js";

const root = join(__dirname, "..", "..");
const validate = new Ajv2020({ allErrors: true, strict: false, validateFormats: false }).compile(
  stackFileJsonSchema(),
);

function inStackFile(environment: unknown): unknown {
  return { config: { "pgkeep:environment": environment, "aws:region": "left to Pulumi" } };
}

describe("JSON Schema of a stack file", () => {
  it(`is committed as ${SCHEMA_PATH} and current`, () =>
    assert.equal(readFileSync(join(root, SCHEMA_PATH), "utf8"), schemaText()));

  it("accepts the valid fixture", () =>
    assert.equal(validate(inStackFile(kvmEnvironment())), true, JSON.stringify(validate.errors)));

  it("leaves everything outside the environment to Pulumi", () =>
    assert.equal(validate({ config: { "other:key": 1 }, encryptionsalt: "v1:x" }), true));

  const files = ["", "stacks"].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder))
          .filter((file) => /^Pulumi\.[a-z0-9-]+\.yaml$/.test(file))
          .map((file) => join(folder, file))
      : [],
  );
  for (const file of files)
    it(`accepts ${file}, and so does the declaration`, () => {
      const content = parse(readFileSync(join(root, file), "utf8")) as { config: Record<string, unknown> };
      assert.equal(validate(content), true, JSON.stringify(validate.errors));
      const environment = content.config["pgkeep:environment"];
      if (environment !== undefined) parseEnvironment(environment);
    });

  const bad = [
    "cluster.version = 17.11",
    'cluster.version = "16.4"',
    "cluster.members removed",
    "cluster.members = []",
    'cluster.sizing = {"class":"huge"}',
    'cluster.sizing = {"cpus":2}',
    'cluster.name = "Or ders"',
    'cluster.colour = "blue"',
    "objectives.rto = 300",
    'objectives.rto = "5 minutes"',
    "objectives.availability = 100",
    'backup.base.full.schedule = "daily"',
    'backup.repository.path = "relative"',
    'replication.mode = "semi"',
    'failover.redirect = {"kind":"haproxy"}',
    'failover.redirect = {"kind":"vip"}',
    'failover.fencing = "yes"',
    "kvm.hosts[0].port = 70000",
    'kvm.hosts[0].hostKey = "SHA256:x"',
    "kvm removed",
    "monitoring = {}",
  ];
  for (const change of bad)
    it(`refuses ${change}`, () => assert.equal(validate(inStackFile(changed([change]))), false));

  it("describes units where an editor shows them", () =>
    assert.match(schemaText(), /"description": "Duration: a number and a unit of s, min, h, d or w/));
});
