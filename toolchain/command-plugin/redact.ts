/** Shorter texts are not hidden one by one: replacing every `a` would hide nothing and garble everything. */
const SHORTEST = 4;
/** The same for the words of a secret command, most of which are ordinary. */
const SHORTEST_WORD = 8;

/** Replaces what came from secret inputs in a text that people will read. */
export class Redactor {
  private readonly texts: readonly string[];

  /**
   * @param secrets texts of secret inputs. Hidden are each as a whole, its lines, and where it is JSON the
   * values in it, but for plain words and paths under a key that names no secret: a message that says which
   * service or file failed stays readable.
   * @param commands secret commands, whose secret part cannot be told from the rest: every longer word of them
   * is hidden, but for options and paths.
   */
  constructor(secrets: readonly string[], commands: readonly string[] = []) {
    const parts = secrets.flatMap((text) => [text, ...lines(text), ...jsonValues(text)]);
    const whole = [...parts, ...commands]
      .map((part) => part.trim())
      .filter((part) => part.length >= SHORTEST);
    // Longest first, so that no part of a longer secret is left over.
    this.texts = [...new Set([...whole, ...commands.flatMap(words)])].sort((a, b) => b.length - a.length);
  }

  apply(text: string): string {
    return this.texts.reduce((result, hidden) => result.replaceAll(hidden, "[secret]"), text);
  }
}

function lines(text: string): string[] {
  return text.split(/\r?\n/);
}

function words(command: string): string[] {
  const found = command.split(/[\s'"`=;&|<>(){}$,]+/);
  return found.filter((word) => word.length >= SHORTEST_WORD && !/^[-/]/.test(word));
}

function jsonValues(text: string): string[] {
  if (!/^\s*[[{]/.test(text)) return [];
  try {
    return values(JSON.parse(text) as unknown, "");
  } catch {
    return [];
  }
}

const secretKey = /pass|secret|token|key|credential|verifier|cipher/i;
const wordOrPath = /^[a-z]*([-_./ ][a-z]+)*[a-z0-9]?$/;

function values(value: unknown, key: string): string[] {
  if (typeof value === "string") {
    const all = [value, ...lines(value)];
    return secretKey.test(key) ? all : all.filter((text) => !wordOrPath.test(text));
  }
  if (typeof value !== "object" || value === null) return [];
  const entries = Object.entries(value);
  return entries.flatMap(([name, inner]) => values(inner, Array.isArray(value) ? key : name));
}
