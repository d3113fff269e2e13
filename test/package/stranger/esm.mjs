// The same package from an ES module.
import process from "node:process";
import { parseEnvironment, PostgresCluster } from "pgkeep";
import { environmentJsonSchema } from "pgkeep/declaration";

process.stdout.write(
  [typeof parseEnvironment, typeof PostgresCluster, typeof environmentJsonSchema].join(" "),
);
