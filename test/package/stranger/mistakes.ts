/** What a stranger may get wrong; an `any` somewhere in our types would let it pass. */
import { parseEnvironment, PostgresCluster } from "pgkeep";
import { environment } from "./environment.js";

// @ts-expect-error a misspelt mode
export const mode: typeof environment = { ...environment, replication: { mode: "synchronous" } };

// @ts-expect-error the declaration must be parsed first
export const unparsed = (): unknown => new PostgresCluster("a", { environment, secrets: {}, access: {} });

// @ts-expect-error no such setting
export const setting = (): unknown => parseEnvironment(environment).cluster.replicas;
