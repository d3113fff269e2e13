import { formatDuration, formatSize } from "../../declaration/index.js";
import { ImageScan } from "../image-scan.js";
import { partName, type Placement } from "./placement.js";

/** The nightly scan of the images at a site; nothing where none is declared. */
export function placeScan(placement: Placement): ImageScan | undefined {
  const { environment, place, opts } = placement;
  const { scan, image, dns } = environment.kubernetes;
  if (scan === undefined) return undefined;
  const { reports, database, registryLogin, authorities } = scan;
  return new ImageScan(
    partName(placement, "scan"),
    {
      namespace: place.namespace,
      scanner: scan.scanner,
      images: [image, ...scan.images],
      registries: scan.registries,
      database: { ...withoutNothing(database), maximumAge: formatDuration(database.maximumAge) },
      ...(registryLogin === undefined ? {} : { registryLogin: { secretName: registryLogin } }),
      ...(authorities === undefined ? {} : { authorities }),
      ...(environment.scanning === undefined ? {} : { schedule: environment.scanning.schedule }),
      reports: {
        ...withoutNothing(reports),
        size: formatSize(reports.size),
        age: formatDuration(reports.age),
      },
      dns: { namespace: dns.namespace, labels: dns.labels, ports: dns.ports },
    },
    opts,
  );
}

/** The same without what is undefined, which the declaration's types allow for and arguments do not. */
function withoutNothing<T extends object>(all: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
