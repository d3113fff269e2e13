import assert from "node:assert/strict";
import fc from "fast-check";
import { quote, renderPostgresqlConf, renderValue } from "../../components/postgres/index.js";

/** Reads one quoted string as the server's guc-file.l and GUC_scanstr do. */
function scan(text: string): string {
  assert.match(text, /^'([^'\\\n]|\\.|'')*'$/, "not one string token");
  const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
  return text
    .slice(1, -1)
    .replace(/''|\\([0-7]{1,3})|\\(.)/g, (_, octal: string | undefined, letter: string | undefined) => {
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
      return letter === undefined ? "'" : (escapes[letter] ?? letter);
    });
}

describe("postgresql.conf", () => {
  it("gives back any text that it quotes, on one line", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("'", "\\", "\n", "\r", "\t", "0", "n", "#", " ", "=") }),
    );
    fc.assert(
      fc.property(
        text.filter((value) => !value.includes("\0")),
        (value) => {
          const quoted = quote(value);
          assert.ok(!/[\n\r]/.test(quoted));
          assert.equal(scan(quoted), value);
        },
      ),
    );
  });

  it("refuses a NUL byte", () => {
    assert.throws(() => quote("a\0b"), /NUL byte/);
  });

  it("writes booleans as words and numbers bare", () => {
    assert.deepEqual([true, false, 4096, 0.9, "on"].map(renderValue), ["on", "off", "4096", "0.9", "'on'"]);
  });

  it("keeps the order of the settings", () => {
    const file = renderPostgresqlConf(
      new Map<string, string | number | boolean>([
        ["b", 1],
        ["a", "it's"],
      ]),
    );
    assert.deepEqual(file.split("\n").slice(1), ["b = 1", "a = 'it''s'", ""]);
  });
});
