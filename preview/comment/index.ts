import { DeclarationError, type Problem } from "../../components/declaration/index.js";
import type { Preview } from "../preview.js";
import { accessSection, accessSummary } from "./access.js";
import { code, escaped, table } from "./escape.js";
import { objectivesSection } from "./objectives.js";
import { policySection } from "./policy.js";
import { countByType, resourcesSection } from "./resources.js";

export { countByType };

/** The longest comment that a forge takes: GitHub's limit, 65,536 characters; GitLab's is a million. */
const LONGEST = 65_000;

/** First line of every comment on a stack: by it a bot finds the one that it wrote before. */
export function marker({ project, stack }: Pick<Preview, "project" | "stack">): string {
  // Two hyphens would end the comment in HTML.
  const plain = (name: string): string => name.replace(/[^\w.]+/g, "-");
  return `<!-- pgkeep-preview ${plain(project)}/${plain(stack)} -->`;
}

/** The comment in Markdown; what does not fit is left out from the end, and that is said. */
export function comment(preview: Preview): string {
  const { stack, environment, policy, objectives, access, notes, resources } = preview;
  const blocking = policy.findings.filter(({ level }) => level === "mandatory").length;
  const headline = preview.ok ? "nothing blocks" : `blocked by ${counted(blocking, "finding")}`;
  const missed = objectives.unmet.length;
  const summary = table(
    ["", ""],
    [
      ["policy", `${blocking} block, ${policy.findings.length - blocking} advise`],
      ["exemptions", exemptionSummary(preview)],
      ["recovery objectives", missed === 0 ? "all kept" : `${missed} missed`],
      ["access", access === undefined ? "not compared: no base was given" : accessSummary(access)],
      ["resources", `${resources.length} in a new stack`],
    ],
  );
  return fitted([
    `${marker(preview)}\n## pgkeep preview of ${code(stack)}: ${headline}`,
    `Environment ${code(environment)}, declared in this process: without credentials, network, or the state of a stack that exists.`,
    summary,
    ...(notes.length === 0 ? [] : [notes.map((note) => `> ${escaped(note)}`).join("\n>\n")]),
    policySection(policy),
    objectivesSection(objectives),
    ...(access === undefined ? [] : [accessSection(access)]),
    resourcesSection(resources),
  ]);
}

/** The comment on a declaration that is refused before anything of it is declared. */
export function refusal(target: Pick<Preview, "project" | "stack">, error: DeclarationError): string {
  const cells = ({ path, value, problem, remedy }: Problem): string[] =>
    [code(path)].concat([value, problem, remedy].map(escaped));
  return fitted([
    `${marker(target)}\n## pgkeep preview of ${code(target.stack)}: the declaration is refused`,
    table(["where", "what stands there", "what is wrong", "what would be right"], error.problems.map(cells)),
  ]);
}

function exemptionSummary({ policy: { exemptions } }: Preview): string {
  const [next] = exemptions;
  return next === undefined
    ? "none in force"
    : `${exemptions.length} in force, the next one until ${code(next.expires)}`;
}

function counted(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

const CUT = "\n\n_The rest does not fit here: see the output of the job, or `pgkeep preview --json`._\n";

/** Sections in their order as far as they fit; of the first that does not, whole lines. */
function fitted(sections: readonly string[]): string {
  const text = `${sections.join("\n\n")}\n`;
  if (text.length <= LONGEST) return text;
  const cut = text.slice(0, LONGEST - CUT.length - CLOSE.length);
  const lines = cut.slice(0, cut.lastIndexOf("\n"));
  const open = lines.lastIndexOf("<details>") > lines.lastIndexOf("</details>");
  return `${lines}${open ? CLOSE : ""}${CUT}`;
}

const CLOSE = "\n\n</details>";
