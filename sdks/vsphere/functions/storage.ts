import { lookup } from "../binding.js";

export interface GetDatastoreArgs {
  /** Name or path of the datastore. */
  name: string;
  /** Managed object id of its datacenter. */
  datacenterId?: string;
}
export interface GetDatastoreResult {
  readonly id: string;
  readonly name: string;
  readonly datacenterId?: string;
  /** `capacity` and `free` in MB, as text; not from old plugins. */
  readonly stats?: Record<string, string>;
}
const datastore = lookup<GetDatastoreArgs, GetDatastoreResult>("getDatastore");

/** A datastore by name. */
export const getDatastore = datastore.plain;
/** A datastore by a name that may not be known yet. */
export const getDatastoreOutput = datastore.output;

export interface GetPolicyArgs {
  /** Name of the storage policy, for example `VM Encryption Policy`. */
  name: string;
}
export interface GetPolicyResult {
  readonly id: string;
  readonly name: string;
}
const policy = lookup<GetPolicyArgs, GetPolicyResult>("getPolicy");

/** A storage policy by name. */
export const getPolicy = policy.plain;
/** A storage policy by a name that may not be known yet. */
export const getPolicyOutput = policy.output;
