import type { VCenterSite, VmNotice } from "../endpoints/vcenter/index.js";

/** Accounts of the laboratory's endpoints, made anew for each run. */
export interface EndpointAccounts {
  readonly vcenter: { readonly user: string; readonly password: string };
  readonly nsx: { readonly user: string; readonly password: string };
  readonly srm: { readonly user: string; readonly password: string };
}

/** What the process of the endpoints is told first. */
export interface ServeOrder {
  /** Address on which everything listens. */
  readonly address: string;
  /** The program vcenter-simulator. */
  readonly simulator: string;
  readonly accounts: EndpointAccounts;
  /** GUID of each site's vCenter, as SRM knows it. */
  readonly guids: Readonly<Record<VCenterSite, string>>;
}

/** A server as clients find it. */
export interface ServedPlace {
  readonly port: number;
  /** PEM of the authority to trust. */
  readonly authority: string;
}

/** What the process of the endpoints says. */
export type ServeMessage =
  | {
      readonly kind: "ready";
      readonly vcenters: Readonly<Record<VCenterSite, ServedPlace>>;
      readonly nsx: ServedPlace;
      readonly srm: Readonly<Record<VCenterSite, ServedPlace>>;
    }
  | { readonly kind: "vm"; readonly site: VCenterSite; readonly notice: VmNotice }
  /** Answer to `{ kind: "inventory" }`: everything that SRM and vSphere Replication hold. */
  | { readonly kind: "inventory"; readonly things: readonly string[] }
  | { readonly kind: "failed"; readonly reason: string };
