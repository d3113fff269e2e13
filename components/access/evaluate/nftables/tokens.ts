import { CannotJudge } from "../judgement.js";

/** A word, a text in quotes, or one of `{ } ,`; a statement ends at ";" whether a line ended or a semicolon stood there. */
export interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** Splits a configuration of nftables. Line ends inside a set end nothing. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\\\n|#[^\n]*|"([^"\n]*)"|[{},;\n]|[^\s{},;"#]+|[^\S\n]+|(.)/g;
  for (const match of text.matchAll(pattern)) {
    const [whole, inQuotes, odd] = match;
    if (odd !== undefined) throw new CannotJudge(`nftables: unexpected ${odd}`);
    if (inQuotes !== undefined) tokens.push({ text: inQuotes, quoted: true });
    else if (whole === "\n" || whole === ";") tokens.push({ text: ";", quoted: false });
    else if (!/^(?:\\\n|#|[^\S\n])/.test(whole)) tokens.push({ text: whole, quoted: false });
  }
  return tokens;
}

const TOO_SHORT = "nftables: the text ends too early";

/** Reads tokens one after the other. */
export class Reader {
  private position = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get done(): boolean {
    return this.position >= this.tokens.length;
  }

  /** True when the next token is this very mark or word, not a text in quotes. */
  sees(...words: readonly string[]): boolean {
    const token = this.tokens[this.position];
    return token !== undefined && !token.quoted && words.includes(token.text);
  }

  take(): Token {
    const token = this.tokens[this.position++];
    if (token === undefined) throw new CannotJudge(TOO_SHORT);
    return token;
  }

  /** Takes the token when it is this one. */
  accept(word: string): boolean {
    if (!this.sees(word)) return false;
    this.position++;
    return true;
  }

  expect(word: string): void {
    const { text } = this.take();
    if (text !== word) throw new CannotJudge(`nftables: "${text}" stands where "${word}" is expected`);
  }

  /** Tokens up to the end of the statement, which is taken, too; braces inside are kept whole. */
  statement(): Token[] {
    if (this.done) throw new CannotJudge(TOO_SHORT);
    const taken: Token[] = [];
    let depth = 0;
    while (!this.done) {
      if (depth === 0 && this.sees("}")) break;
      const token = this.take();
      if (depth === 0 && token.text === ";" && !token.quoted) break;
      if (token.text === "{" && !token.quoted) depth++;
      if (token.text === "}" && !token.quoted) depth--;
      if (token.text !== ";" || token.quoted) taken.push(token);
    }
    return taken;
  }
}
