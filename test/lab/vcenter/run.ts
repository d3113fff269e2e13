import { messageOf } from "../../../operations/errors.js";
import { vmSnapshot } from "../../../operations/jobs/vsphere-snapshot/index.js";
import { jobOf, type Connection } from "./site.js";

/** One run of the job in a process of its own, which a test may kill. Its argument is a connection as JSON. */
async function main(text = "{}"): Promise<void> {
  const connection = JSON.parse(text) as Connection;
  const { copy } = await vmSnapshot(jobOf(connection), { evidence: connection.evidence });
  process.stdout.write(`${copy}\n`);
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
