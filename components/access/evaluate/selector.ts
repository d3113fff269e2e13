import { CannotJudge } from "./judgement.js";

type Labels = Readonly<Record<string, string>>;
type Test = (labels: Labels) => boolean;

const TOKEN = /\s*(?:(&&|\|\||==|!=|!|\(|\)|\{|\}|,)|"([^"]*)"|'([^']*)'|([A-Za-z0-9_./-]+(?:\(\))?)|(\S))/g;

/** Compiles a selector of Calico (projectcalico.org/v3). @throws CannotJudge when it has another form */
export function selectorTest(selector: string): Test {
  const tokens = [...selector.matchAll(TOKEN)].map(([, mark, double, single, word, odd]) => {
    if (odd !== undefined) throw new CannotJudge(`Calico: "${odd}" in a selector is not known here`);
    const value = double ?? single;
    return value === undefined ? { kind: "mark", text: mark ?? word ?? "" } : { kind: "value", text: value };
  });
  let position = 0;
  const sees = (text: string): boolean =>
    tokens[position]?.kind === "mark" && tokens[position]?.text === text;
  const accept = (text: string): boolean => {
    if (!sees(text)) return false;
    position++;
    return true;
  };
  const take = (): string => {
    const token = tokens[position++];
    if (token === undefined) throw new CannotJudge(`Calico: the selector ${selector} ends too early`);
    return token.text;
  };
  const either = (): Test => {
    let left = both();
    while (accept("||")) {
      const [one, other] = [left, both()];
      left = (labels) => one(labels) || other(labels);
    }
    return left;
  };
  const both = (): Test => {
    let left = one();
    while (accept("&&")) {
      const [first, second] = [left, one()];
      left = (labels) => first(labels) && second(labels);
    }
    return left;
  };
  const one = (): Test => {
    if (accept("!")) {
      const inner = one();
      return (labels) => !inner(labels);
    }
    if (accept("(")) {
      const inner = either();
      if (!accept(")")) throw new CannotJudge(`Calico: a bracket of ${selector} is open`);
      return inner;
    }
    return comparison();
  };
  const values = (): string[] => {
    const found: string[] = [];
    if (!accept("{")) throw new CannotJudge(`Calico: ${selector} lacks a set`);
    while (!accept("}")) if (!accept(",")) found.push(take());
    return found;
  };
  const comparison = (): Test => {
    const key = take();
    if (key === "all()") return () => true;
    if (key === "has" && accept("(")) {
      const label = take();
      if (!accept(")")) throw new CannotJudge(`Calico: a bracket of ${selector} is open`);
      return (labels) => labels[label] !== undefined;
    }
    const operator = take();
    switch (operator) {
      case "==": {
        const value = take();
        return (labels) => labels[key] === value;
      }
      case "!=": {
        // Also true where the label is missing.
        const value = take();
        return (labels) => labels[key] !== value;
      }
      case "in": {
        const set = values();
        return (labels) => labels[key] !== undefined && set.includes(labels[key]);
      }
      case "not": {
        if (take() !== "in") throw new CannotJudge(`Calico: the selector ${selector} is not known here`);
        const set = values();
        return (labels) => labels[key] === undefined || !set.includes(labels[key]);
      }
      default:
        throw new CannotJudge(`Calico: "${operator}" in a selector is not known here`);
    }
  };
  const test = either();
  if (position < tokens.length) throw new CannotJudge(`Calico: the selector ${selector} does not end`);
  return test;
}
