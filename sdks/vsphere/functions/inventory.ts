import type * as pulumi from "@pulumi/pulumi";
import { lookup, type OutputArgs } from "../binding.js";

export interface GetDatacenterArgs {
  /** Name or path; may be left out where there is only one. */
  name?: string;
}
export interface GetDatacenterResult {
  readonly id: string;
  readonly name?: string;
  readonly virtualMachines: string[];
}
const datacenter = lookup<GetDatacenterArgs, GetDatacenterResult>("getDatacenter");

/** A datacenter by name. */
export const getDatacenter = (
  args: GetDatacenterArgs = {},
  opts?: pulumi.InvokeOptions,
): Promise<GetDatacenterResult> => datacenter.plain(args, opts);

/** A datacenter by a name that may not be known yet. */
export const getDatacenterOutput = (
  args: OutputArgs<GetDatacenterArgs> = {},
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetDatacenterResult> => datacenter.output(args, opts);

export interface GetComputeClusterArgs {
  /** Name or path of the cluster. */
  name: string;
  /** Managed object id of its datacenter. */
  datacenterId?: string;
}
export interface GetComputeClusterResult {
  readonly id: string;
  readonly name: string;
  readonly datacenterId?: string;
  /** The cluster's own pool, parent of all others. */
  readonly resourcePoolId: string;
}
const cluster = lookup<GetComputeClusterArgs, GetComputeClusterResult>("getComputeCluster");

/** A cluster of hosts by name. */
export const getComputeCluster = cluster.plain;
/** A cluster of hosts by a name that may not be known yet. */
export const getComputeClusterOutput = cluster.output;

export interface GetHostArgs {
  /** Managed object id of the datacenter. */
  datacenterId: string;
  /** Name of the host; may be left out where there is only one. */
  name?: string;
}
export interface GetHostResult {
  readonly id: string;
  readonly name?: string;
  readonly datacenterId: string;
  readonly resourcePoolId: string;
}
const host = lookup<GetHostArgs, GetHostResult>("getHost");

/** A host by name. */
export const getHost = host.plain;
/** A host by a name that may not be known yet. */
export const getHostOutput = host.output;

export interface GetResourcePoolArgs {
  /** Name or path of the pool; may be left out where there is only one. */
  name?: string;
  /** Managed object id of its datacenter. */
  datacenterId?: string;
  /** Managed object id of the pool above it. */
  parentResourcePoolId?: string;
}
export interface GetResourcePoolResult extends GetResourcePoolArgs {
  readonly id: string;
}
const pool = lookup<GetResourcePoolArgs, GetResourcePoolResult>("getResourcePool");

/** A resource pool by name. */
export const getResourcePool = (
  args: GetResourcePoolArgs = {},
  opts?: pulumi.InvokeOptions,
): Promise<GetResourcePoolResult> => pool.plain(args, opts);

/** A resource pool by a name that may not be known yet. */
export const getResourcePoolOutput = (
  args: OutputArgs<GetResourcePoolArgs> = {},
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetResourcePoolResult> => pool.output(args, opts);

export interface GetFolderArgs {
  /** Absolute path, beginning with the datacenter. */
  path: string;
}
export interface GetFolderResult {
  readonly id: string;
  readonly path: string;
}
const folder = lookup<GetFolderArgs, GetFolderResult>("getFolder");

/** A folder by path. */
export const getFolder = folder.plain;
/** A folder by a path that may not be known yet. */
export const getFolderOutput = folder.output;
