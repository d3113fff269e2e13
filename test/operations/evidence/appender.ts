import { EvidenceStore } from "../../../operations/evidence/index.js";
import { failoverBody } from "./records.js";

// A process of its own that appends ten records to the file it is given, to test the lock between processes.
async function append(): Promise<void> {
  const store = new EvidenceStore(process.argv[2] ?? "");
  for (let index = 0; index < 10; index += 1)
    await store.append(failoverBody({ id: `${process.pid}-${index}` }));
}

append().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
