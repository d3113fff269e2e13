import { installPrograms, type Progress, versions } from "../../../toolchain/index.js";
import { SimulatedVCenter, type VCenterOptions, type VmNotice } from "./vcenter.js";

/** The two sites that have a vCenter Server of their own. */
export const VCENTER_SITES = ["a", "b"] as const;
export type VCenterSite = (typeof VCENTER_SITES)[number];

/** Programs of the vCenter laboratory. */
export interface VCenterPrograms {
  readonly govc: string;
  readonly simulator: string;
}

/** Obtains the programs that are not in the cache: see toolchain/versions.ts. */
export async function vcenterPrograms(progress?: Progress): Promise<VCenterPrograms> {
  const { govc, vcenterSimulator } = versions.programs;
  const places = await installPrograms([govc, vcenterSimulator], progress === undefined ? {} : { progress });
  const [command = "", simulator = ""] = places;
  return { govc: command, simulator };
}

/** A vCenter Server on both sites. */
export interface VCenterPair {
  readonly sites: Readonly<Record<VCenterSite, SimulatedVCenter>>;
  stop(): Promise<void>;
}

/** How both are started. */
export type PairOptions = Omit<VCenterOptions, "site" | "onVm"> & {
  /** As `onVm` of one, with the site. @default nobody */
  readonly onVm?: (site: VCenterSite, notice: VmNotice) => void;
};

/** Starts both; when one does not start, none stays. */
export async function startVCenters(
  options: PairOptions,
  start: (options: VCenterOptions) => Promise<SimulatedVCenter> = (all) => SimulatedVCenter.start(all),
): Promise<VCenterPair> {
  const { onVm, ...common } = options;
  const started = await Promise.allSettled(
    VCENTER_SITES.map((site) =>
      start({
        ...common,
        site,
        ...(onVm === undefined ? {} : { onVm: (notice) => onVm(site, notice) }),
      }),
    ),
  );
  const running = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((vcenter) => vcenter.stop()));
  };
  const failed = started.find((result) => result.status === "rejected");
  const [a, b] = running;
  if (failed !== undefined || a === undefined || b === undefined) {
    await stop();
    throw failed?.reason ?? new Error("no vCenter was started");
  }
  return { sites: { a, b }, stop };
}
