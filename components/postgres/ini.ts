/** A section of an INI file: its name and its settings; a list becomes one line an entry. */
export interface IniSection {
  readonly name: string;
  readonly values: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
}

/**
 * Renders sections as pgBackRest reads them: no quoting exists, a value is the rest of the line.
 *
 * @throws RangeError for a value that the format cannot carry; the message does not show the value
 */
export function renderIni(sections: readonly IniSection[]): string {
  const blocks = sections.map(({ name, values }) => {
    const lines = Object.entries(values).flatMap(([key, value]) => {
      if (value === undefined) return [];
      const list: readonly (string | number | boolean)[] = Array.isArray(value) ? value : [value as string];
      return list.map((entry) => `${key}=${iniValue(key, entry)}`);
    });
    return [`[${name}]`, ...lines].join("\n");
  });
  return `# Generated from the declaration; changes here are lost.\n${blocks.join("\n\n")}\n`;
}

function iniValue(key: string, value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "y" : "n";
  const text = String(value);
  if (text === "" || /[\n\r\0]/.test(text) || text !== text.trim())
    throw new RangeError(`${key} is empty, has white space around it or holds a line break; give it without`);
  return text;
}
