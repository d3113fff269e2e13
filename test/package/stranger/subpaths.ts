/** Every entry point resolves, with types, and is what it says. */
import { environmentJsonSchema, type Environment } from "pgkeep/declaration";
import * as access from "pgkeep/access";
import * as kubernetes from "pgkeep/kubernetes";
import * as libvirt from "pgkeep/libvirt";
import * as nsx from "pgkeep/nsx";
import { providers } from "pgkeep/nsx/provider";
import * as postgres from "pgkeep/postgres";
import { recoveryPlan } from "pgkeep/recovery";
import * as srm from "pgkeep/srm";
import { providers as srmProviders } from "pgkeep/srm/provider";

export const title: unknown = environmentJsonSchema()["title"];
export const planOf = (environment: Environment): string => recoveryPlan(environment).stanza;
export const namespaces: readonly object[] = [
  access,
  kubernetes,
  libvirt,
  nsx,
  postgres,
  providers,
  srm,
  srmProviders,
];
