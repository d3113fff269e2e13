import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackFileJsonSchema } from "../components/declaration/index.js";

/** Where the schema lies in the repository; stack files name it for their editors. */
export const SCHEMA_PATH = "docs/environment.schema.json";

/** The JSON Schema of a stack file as it is committed. */
export function schemaText(): string {
  return `${JSON.stringify(stackFileJsonSchema(), undefined, 2)}\n`;
}

// Run as a program: write the file, below the working directory.
if (require.main === module) {
  writeFileSync(join(process.cwd(), SCHEMA_PATH), schemaText());
  console.log(`wrote ${SCHEMA_PATH}`);
}
