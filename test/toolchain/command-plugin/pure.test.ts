import assert from "node:assert/strict";
import fc from "fast-check";
import { changes } from "../../../toolchain/command-plugin/diff.js";
import { globExpression, matchFiles } from "../../../toolchain/command-plugin/globs.js";
import { Redactor } from "../../../toolchain/command-plugin/redact.js";
import { failures, shapes } from "../../../toolchain/command-plugin/schema.js";
import {
  assetArchive,
  containsSecret,
  equal,
  fileAsset,
  plain,
  secret,
  secretTexts,
  UNKNOWN,
  type Value,
} from "../../../toolchain/command-plugin/values.js";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { TemporaryDirectory } from "../fixtures.js";

const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

describe("command plugin: values", () => {
  it("a secret mark is taken off at every depth and changes nothing else", () => {
    fc.assert(
      fc.property(value, (inner) => {
        assert.ok(equal(plain({ a: [secret(inner)] }), { a: [inner] }));
        assert.ok(containsSecret([{ deep: secret(inner) }]));
        assert.equal(containsSecret(inner), false);
      }),
    );
  });

  it("equality is by content, and a secret is not equal to its clear text", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        assert.ok(equal(a, structuredClone(a)));
        assert.equal(equal(a, b), isDeepStrictEqual(a, b));
        assert.equal(equal(secret(a), a), false);
      }),
    );
  });

  it("an asset is what its hash says, wherever the file lies", () => {
    assert.ok(equal(fileAsset("/a/x", "1"), fileAsset("/b/x", "1")));
    assert.equal(equal(fileAsset("/a/x", "1"), fileAsset("/a/x", "2")), false);
    assert.equal(equal(fileAsset("/a/x", "1"), assetArchive({}, "1")), false);
  });

  it("every text inside a secret is found, none outside", () => {
    const inputs = {
      open: "a",
      hidden: secret({ x: ["b", "c"], n: 1 }),
      deep: [{ y: secret("d") }],
      later: secret(UNKNOWN),
    };
    assert.deepEqual(secretTexts(inputs), ["b", "c", "d"]);
  });
});

describe("command plugin: what changes do", () => {
  it("the same inputs are no change", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), value),
        (inputs) => changes(inputs, structuredClone(inputs)).length === 0,
      ),
    );
  });

  it("only triggers replace; everything else updates in place", () => {
    const olds = {
      create: "a",
      update: "u",
      stdin: secret("s"),
      environment: { A: "1" },
      triggers: [1],
      dir: "/x",
    };
    const news = {
      create: "b",
      stdin: secret("t"),
      environment: { A: "2" },
      triggers: [2],
      dir: "/x",
      logging: "none",
    };
    assert.deepEqual(changes(olds, news), [
      { property: "create", kind: "update", replace: false },
      { property: "environment", kind: "update", replace: false },
      { property: "logging", kind: "add", replace: false },
      { property: "stdin", kind: "update", replace: false },
      { property: "triggers", kind: "update", replace: true },
      { property: "update", kind: "delete", replace: false },
    ]);
  });

  it("a value that becomes secret is a change, so that the state is written anew", () => {
    assert.equal(changes({ stdin: "s" }, { stdin: secret("s") }).length, 1);
  });

  it("what the engine adds is no change", () => {
    assert.deepEqual(changes({ __defaults: [] }, { version: "1.2.1" }), []);
  });
});

describe("command plugin: hiding secrets", () => {
  it("no secret of four characters or more survives, nor a line of it, nor a leaf of its JSON", () => {
    const secretText = fc
      .string({ minLength: 4 })
      .filter((text) => text.trim().length >= 4 && !"[secret]".includes(text.trim()));
    fc.assert(
      fc.property(secretText, fc.string(), fc.string(), (hidden, before, after) => {
        const texts = [hidden, `${hidden}\nother-line`, JSON.stringify({ password: hidden.trim() })];
        for (const text of texts) {
          const shown = new Redactor([text]).apply(`${before}${hidden.trim()}${after}`);
          const escaped = shown.replaceAll("[secret]", "\0");
          assert.equal(escaped.includes(hidden.trim()), false, `${hidden} in ${shown}`);
        }
      }),
    );
  });

  it("of JSON, plain words and paths stay readable unless their key says that they are secret", () => {
    const bundle = {
      password: "correct-horse",
      services: ["postgresql"],
      files: { "/etc/patroni.yml": "pw: s3cr3t!" },
    };
    const redactor = new Redactor([JSON.stringify({ ...bundle, path: "/etc/patroni.yml", pin: "Xk-2291" })]);
    const said = "postgresql with correct-horse and Xk-2291: /etc/patroni.yml: pw: s3cr3t!";
    assert.equal(redactor.apply(said), "postgresql with [secret] and [secret]: /etc/patroni.yml: [secret]");
  });

  it("of a secret command, every longer word that is no option or path is hidden", () => {
    const redactor = new Redactor(
      [],
      ["PGPASSWORD='correct-horse' /usr/bin/psql --no-password -c 'select 1'"],
    );
    assert.equal(
      redactor.apply("psql: correct-horse: select 1 --no-password"),
      "psql: [secret]: select 1 --no-password",
    );
  });

  it("short texts are left: hiding them would hide nothing and garble everything", () => {
    assert.equal(new Redactor(["a", ""]).apply("a banana"), "a banana");
  });

  it("a secret inside another leaves nothing over", () => {
    assert.equal(new Redactor(["pass", "password1"]).apply("password1 pass"), "[secret] [secret]");
  });
});

describe("command plugin: checking inputs", () => {
  it("says which property is wrong and what it must be, and never repeats a value", () => {
    const inputs = {
      connection: secret({ port: "22", proxy: {} }),
      create: 1,
      environment: { A: secret(7) },
      logging: "loud",
      stdIn: "hunter2",
    };
    const found = failures(inputs, shapes.remoteCommand);
    assert.deepEqual(
      found.map(({ property, reason }) => `${property}: ${reason}`),
      [
        "connection.host: required, and missing",
        "connection.port: must be a number",
        "connection.proxy.host: required, and missing",
        "create: must be a string",
        "environment: must be a map of strings",
        "logging: must be one of stdout, stderr, stdoutAndStderr, none",
        "stdIn: not a property of this resource",
      ],
    );
    assert.doesNotMatch(JSON.stringify(found), /hunter2/);
  });

  it("what is not known yet is not judged", () => {
    assert.deepEqual(failures({ create: UNKNOWN, environment: secret(UNKNOWN) }, shapes.localCommand), []);
  });

  it("any inputs are judged without a crash", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(shapes.remoteCommand), "other"), value),
        (inputs) => {
          for (const shape of Object.values(shapes)) failures(inputs, shape);
        },
      ),
    );
  });
});

describe("command plugin: path globs", () => {
  const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["*.txt", ["a.txt", ".txt"], ["dir/a.txt", "a.txt2"]],
    ["assets/**", ["assets/a", "assets/b/c"], ["assets", "other/a"]],
    ["src/**.js", ["src/a.js", "src/b/c.js"], ["src/a.ts"]],
    ["**secret.*", ["secret.js", "a/b/secret.txt"], ["secrets"]],
    ["?.[ch]", ["a.c", "b.h"], ["ab.c", "/.c", "a.x"]],
    ["[!a]*", ["b", "cd"], ["a", "ab"]],
    ["{one,two/*}.md", ["one.md", "two/x.md"], ["three.md"]],
    ["a.b", ["a.b"], ["axb"]],
    ["\\*", ["*"], ["a"]],
  ];
  for (const [glob, matching, others] of table)
    it(glob, () => {
      for (const path of matching) assert.ok(globExpression(glob).test(path), path);
      for (const path of others) assert.equal(globExpression(glob).test(path), false, path);
    });

  it("rules are applied in order, to files only, with relative paths", () => {
    const directory = new TemporaryDirectory();
    try {
      for (const file of ["assets/logos/logo.svg", "src/index.js", "src/secret.js", "other"]) {
        mkdirSync(dirname(join(directory.path, file)), { recursive: true });
        writeFileSync(join(directory.path, file), "");
      }
      const rules = ["assets/**", "src/**.js", "!**secret.*"];
      assert.deepEqual(matchFiles(directory.path, rules), ["assets/logos/logo.svg", "src/index.js"]);
      assert.deepEqual(matchFiles(directory.path, ["!**secret.*", "src/**"]), [
        "src/index.js",
        "src/secret.js",
      ]);
    } finally {
      directory.remove();
    }
  });

  it("a glob that is not closed is refused", () => {
    assert.throws(() => globExpression("a[b"), /\[ without \]/);
    assert.throws(() => globExpression("a{b"), /\{ without \}/);
  });
});
