import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandsPage } from "./commands.js";
import { referencePage } from "./declaration.js";
import { objectivesPage } from "./objectives.js";
import { policyPage } from "./policy.js";

/** Pages that are written from the code, by their path in the repository. */
export const PAGES: Readonly<Record<string, (checkout: string) => string>> = {
  "docs/declaration.md": referencePage,
  "docs/recovery-objectives.md": objectivesPage,
  "docs/policy.md": policyPage,
  "docs/commands.md": commandsPage,
};

// Run as a program: write the pages, below the working directory.
if (require.main === module) {
  for (const [path, page] of Object.entries(PAGES)) {
    writeFileSync(join(process.cwd(), path), page(process.cwd()));
    console.log(`wrote ${path}`);
  }
}
