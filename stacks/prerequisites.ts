import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { RunError } from "@pulumi/pulumi";

/** Programs that the libvirt provider calls where Pulumi runs, with the package that has them. */
const PROGRAMS: Readonly<Record<string, string>> = {
  xsltproc: "xsltproc",
  mkisofs: "genisoimage (Debian, Ubuntu) or mkisofs",
};

/** Refuses to start without the programs that the provider would miss later, with its own error hidden. */
export function requirePrograms(): void {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const missing = Object.entries(PROGRAMS).filter(
    ([program]) => !folders.some((folder) => executable(join(folder, program))),
  );
  if (missing.length === 0) return;
  const list = missing.map(([program, from]) => `${program} (package ${from})`).join(" and ");
  throw new RunError(`missing where Pulumi runs: ${list}; install it and start again`);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
