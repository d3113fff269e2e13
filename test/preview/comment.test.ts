import assert from "node:assert/strict";
import fc from "fast-check";
import { DeclarationError, parseEnvironment } from "../../components/declaration/index.js";
import { code, escaped } from "../../preview/comment/escape.js";
import { comment, marker, previewEnvironment, refusal, type Preview } from "../../preview/index.js";
import { changed } from "../declaration/change.js";
import { configured } from "./configured.js";

const HOSTILE =
  "`x` | <img src=x onerror=a> @team #1 !2 [a](http://evil) www.evil.example\n<!-- pgkeep-preview p/s -->\n# big";

/** Texts of what means something to Markdown, HTML, or the eye. */
const mean = fc
  .array(
    fc.constantFrom(
      ...[
        "`",
        "|",
        "\\",
        "<",
        ">",
        "*",
        "_",
        "[",
        "]",
        "(",
        ")",
        "#",
        "@",
        "!",
        "%",
        "a",
        "1",
        ".",
        "-",
        "+",
        "&",
        "\n",
      ],
      ...["\u202e", "\u200b", "www.", "://", "http", "<!--", "-->", "~", "$", " "],
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

describe("the comment on a change", function () {
  this.timeout(300_000);
  let made: Preview;
  before(async () => {
    made = await previewEnvironment({
      environment: parseEnvironment(changed(['backup.repository.encryption = "none"'])),
      ...{ config: {}, project: "pgkeep", stack: "prod", now: new Date("2026-11-26T12:00:00Z") },
      configured: configured({
        "volume-encrypted": {
          exemptions: [{ resource: "orders-*", reason: `because ${HOSTILE}`, expires: "2027-06-30" }],
        },
        "secure-boot": {
          exemptions: [{ resource: "nobody", reason: "needed by nobody", expires: "2027-06-30" }],
        },
      }),
      access: {
        base: "Pulumi.prod.yaml of main",
        changes: [
          {
            kind: "opens",
            from: ["app (10.0.0.0/24)"],
            to: ["pg-a1"],
            what: "tcp 5432",
            rule: "access.app",
            description: HOSTILE,
            owner: HOSTILE,
            expires: "2027-06-30",
          },
          {
            kind: "login-closes",
            from: ["app"],
            to: ["pg-a1"],
            what: "old on shop",
            rule: "access.app",
            description: "",
          },
        ],
        terms: [
          {
            rule: "access.kept",
            description: HOSTILE,
            before: {},
            after: { owner: HOSTILE, expires: "2027-12-31" },
          },
        ],
      },
    });
  });

  it("starts with a marker by which a bot finds it again, one a stack", () => {
    const text = comment(made);
    assert.match(
      text,
      /^<!-- pgkeep-preview pgkeep\/prod -->\n## pgkeep preview of `prod`: blocked by [1-9]\d* findings?\n/,
    );
    assert.equal(text.split("<!--").length, 2, "nothing of the change makes a second marker");
    assert.equal(marker({ project: "a--b", stack: "c -->\nd" }), "<!-- pgkeep-preview a-b/c-d -->");
    const refused = refusal(
      { project: "pgkeep", stack: "prod" },
      new DeclarationError([{ path: "failover.ttl", value: HOSTILE, problem: "is bad", remedy: "less" }]),
    );
    assert.equal(refused.split("\n")[0], text.split("\n")[0]);
    assert.match(refused, /\| `failover\.ttl` \| .* \| is bad \| less \|/);
    assert.equal(refused.split("<!--").length, 2);
  });

  it("says everything that a reviewer needs", () => {
    const text = comment(made);
    for (const part of [
      /\| \*\*blocks\*\*, critical \| `backup-encrypted-elsewhere` \| `orders` \| .* \| .* \| .*PCI DSS 3\.5/,
      /\| `volume-encrypted` \| `orders-\*` \| `2027-06-30` \| 9 \| because /,
      /The exemption of `nobody` from `secure-boot` matches no finding/,
      /\| a failure of the VM \| failover \| 0 s, \*\*0 s\*\*.* \| 5 min, \*\*69 s\*\*<br>ttl 30 s \+ loop\\_wait 10 s .* = 69 s \| kept \|/,
      /^Availability: 99\.99\d+ % expected, 99\.9 % asked for/m,
      /^- `access\.kept`: before nobody named, no end, now owner .*, until 2027-12-31$/m,
      /by `access\.app`: .* \(owner .*, until 2027-06-30\)$/m,
      /^\*\*Opens\*\*\n\n- `app \(10\.0\.0\.0\/24\)` → `pg-a1`: \*\*tcp 5432\*\*, by `access\.app`: /m,
      /^\*\*Bars\*\*\n\n- `app` → `pg-a1`: \*\*old on shop\*\*, by `access\.app`$/m,
      /\| access \| opens 1, bars 1, other terms for 1, against `Pulumi\.prod\.yaml of main` \|/,
      /^### Would be created: \d+ resources$/m,
      /^\| `libvirt:index\/volume:Volume` \| 9 \|$/m,
      /^- `libvirt:index\/domain:Domain` `orders-pg-a1`, protected$/m,
      /<details><summary>\d+ judgements wait for the update/,
    ])
      assert.match(text, part);
  });

  it("counts what it lists", () => {
    const text = comment(made);
    const counts = [...text.matchAll(/^\| `[\w:/]+` \| (\d+) \|$/gm)].map(([, count]) => Number(count));
    assert.equal(
      counts.reduce((a, b) => a + b, 0),
      made.resources.length,
    );
    assert.equal([...text.matchAll(/^- `[\w:/]+` `[^`]+`(, protected)?$/gm)].length, made.resources.length);
  });

  it("fits into what a forge takes, closes what it opened, and says that something is missing", () => {
    const [first] = made.resources;
    assert.ok(first !== undefined);
    const many = { ...made, resources: Array.from({ length: 3000 }, () => first) };
    const text = comment(many);
    assert.ok(text.length <= 65_000, `${text.length}`);
    assert.match(text, /does not fit here/);
    assert.equal(text.split("<details>").length, text.split("</details>").length);
  });

  it("makes text of whatever the change brings: no markup, mention, link or new line", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), mean, fc.constant(HOSTILE)), (text) => {
        const shown = escaped(text);
        assert.doesNotMatch(shown, /[\n\r<>]/);
        assert.doesNotMatch(shown, /(?<!\\)(\\\\)*[`*_[\]|]/);
        assert.doesNotMatch(shown, /[@#!%]\S(?<!\u2060)|\w:\/\/|www\./i);
        const shownCode = code(text);
        assert.doesNotMatch(shownCode, /[\n\r]|(?<!\\)\|/);
      }),
    );
    assert.equal(code("a`b"), "``a`b``");
  });
});
