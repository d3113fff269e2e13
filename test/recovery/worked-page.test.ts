import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { achieved, FAILURE_WORDS, type Failure } from "../../components/recovery/index.js";
import { environmentOf, ROWS } from "./objectives-table/index.js";

const PAGE = join(__dirname, "..", "..", "docs", "recovery-objectives-worked.md");

const INTRODUCTION = `# Recovery objectives worked out by hand

Declarations, each a change to one of two sites with a witness (\`test/fixtures/environment.ts\`), with the RPO and RTO in seconds that
were worked out by hand from the published settings and the [assumed figures](recovery-objectives.md#assumed-figures), and beside them
what the program computes. The sums stand in \`test/recovery/objectives-table/\`. A test compares the two and this page with both;
\`PGKEEP_WRITE_PAGE=1 npx mocha test/recovery/worked-page.test.ts\` writes it anew.`;

/** The page in Markdown. */
function page(): string {
  const lines = ROWS.flatMap((each) => {
    const { title, expect } = each;
    const rows = new Map(achieved(environmentOf(each)).map((row) => [row.failure, row]));
    return Object.entries(expect).map(([failure, [rpo, rto, by]], i) => {
      const row = rows.get(failure as Failure);
      const cells = [
        i === 0 ? title : "",
        FAILURE_WORDS[failure as Failure],
        by,
        ...[rpo, row?.rpo, rto, row?.rto].map((seconds) => seconds ?? "none"),
      ];
      return `| ${cells.join(" | ")} |`;
    });
  });
  return `${[
    INTRODUCTION,
    "<!-- prettier-ignore-start -->",
    [
      "| declaration | failure | brought back by | RPO by hand | computed | RTO by hand | computed |",
      "| --- | --- | --- | ---: | ---: | ---: | ---: |",
      ...lines,
    ].join("\n"),
    `${ROWS.length} declarations, ${lines.length} failures.`,
    "<!-- prettier-ignore-end -->",
  ].join("\n\n")}\n`;
}

describe("the page of worked objectives", () => {
  it("is up to date", () => {
    const text = page();
    if (process.env["PGKEEP_WRITE_PAGE"] === "1") writeFileSync(PAGE, text);
    assert.equal(readFileSync(PAGE, "utf8"), text);
  });
});
