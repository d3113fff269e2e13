import { repositorySize, type Environment, type Sizing } from "../declaration/index.js";
import type { GuestKind } from "./plan.js";

const GIB = 1024 ** 3;

/** The witness votes and keeps backups: it does not need the members' processors, memory and room for WAL. */
const WITNESS = { cpus: 2, memory: 4 * GIB, wal: 10 * GIB };

/** Resources of a guest. The witness's second disk is the backup repository. */
export function guestSizing(environment: Environment, kind: GuestKind): Sizing {
  const { sizing } = environment.cluster;
  if (kind === "member") return sizing;
  return {
    ...sizing,
    cpus: Math.min(sizing.cpus, WITNESS.cpus),
    memory: Math.min(sizing.memory, WITNESS.memory),
    disks: {
      ...sizing.disks,
      data: repositorySize(environment),
      wal: Math.min(sizing.disks.wal, WITNESS.wal),
    },
  };
}
