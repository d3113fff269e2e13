import { parseEnvironment, type Environment } from "../../../components/declaration/index.js";
import { changed } from "../../declaration/change.js";
import { COPY_ROWS } from "./copies.js";
import { CRASH_ROWS } from "./crash.js";
import { FAILOVER_ROWS } from "./failover.js";
import type { ObjectivesRow } from "./row.js";

export type { ObjectivesRow };

export const ROWS: readonly ObjectivesRow[] = [...FAILOVER_ROWS, ...CRASH_ROWS, ...COPY_ROWS];

const parsed = new Map<ObjectivesRow, Environment>();

/** The declaration of a row; parsed once, since every test wants all of them. */
export function environmentOf(row: ObjectivesRow): Environment {
  const known = parsed.get(row) ?? parseEnvironment(changed(row.changes));
  parsed.set(row, known);
  return known;
}
