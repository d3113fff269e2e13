/** An equals sign or colon; `ALTER SYSTEM SET name TO`. In postgresql.conf a space alone does as well. */
const SEPARATORS = "[ \\t]*[=:][ \\t]*|[ \\t]+to[ \\t]+";

/**
 * Values that a plain text gives to a server setting, in every form that a server is given them: postgresql.conf, YAML, JSON,
 * options of a command line, `ALTER SYSTEM`. Comments do not count.
 */
export function settingsIn(text: string, name: string): string[] {
  const { named, given } = patternsOf(name);
  // Most texts name none of the settings that rules ask for.
  if (!named.test(text)) return [];
  return [...withoutComments(text).matchAll(given)].map(([, single, double, bare]) =>
    (single ?? double ?? bare ?? "").replace(/^["']|[,"']$/g, "").trim(),
  );
}

const patterns = new Map<string, { readonly named: RegExp; readonly given: RegExp }>();

function patternsOf(name: string): { readonly named: RegExp; readonly given: RegExp } {
  const known = patterns.get(name);
  if (known !== undefined) return known;
  // Long options may have hyphens for underscores; a longer name that ends like this one is another setting.
  const word = name.replaceAll("_", "[_-]");
  const made = {
    named: new RegExp(word, "i"),
    given: new RegExp(
      `(?<![\\w.]|\\w-)${word}["']?(?:${SEPARATORS}|(?<=^[ \\t]*${word})[ \\t]+)(?:'([^'\\n]*)'|"([^"\\n]*)"|([^\\s;}"'#]*))`,
      "gim",
    ),
  };
  patterns.set(name, made);
  return made;
}

function withoutComments(text: string): string {
  return text
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, ""))
    .join("\n");
}

/** True for what PostgreSQL and YAML take for false. */
export function isOff(value: string): boolean {
  return /^(?:off?|f(?:a|al|als|alse)?|no?|0)(?:,|$)/i.test(value);
}

export function isOn(value: string): boolean {
  return /^(?:on|t(?:r|ru|rue)?|y(?:e|es)?|1)(?:,|$)/i.test(value);
}
