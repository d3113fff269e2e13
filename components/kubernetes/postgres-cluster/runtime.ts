import { parseImage } from "../../declaration/index.js";
import { ARCHIVE_PATHS, POD_PATHS } from "../../postgres/index.js";
import { ownShells, probeShells } from "../postgres-stateful-set/pod.js";
import { RuntimeRules } from "../runtime-rules.js";
import { pingShells } from "../wal-archive/attachment.js";
import { archiveShells } from "../wal-archive/job.js";
import { arriving, leaving, partName, type Placement } from "./placement.js";

/** Rules of Falco about the members of a site; nothing where Falco is not declared. */
export function placeRuntimeRules(placement: Placement): RuntimeRules | undefined {
  const { environment, place, opts } = placement;
  const { falco, image, archive } = environment.kubernetes;
  if (falco === undefined) return undefined;
  const { access, cluster } = environment;
  const clients = access.groups.flatMap(({ networks }) => networks);
  return new RuntimeRules(
    partName(placement, "rules"),
    {
      namespace: falco.namespace,
      clients: ofIpv4([place.podNetwork, ...clients, ...arriving(placement)]),
      destinations: ofIpv4([
        place.podNetwork,
        ...(place.serviceNetwork === undefined ? [] : [place.serviceNetwork]),
        ...leaving(placement),
        ...(archive?.networks ?? []),
      ]),
      images: [parseImage(image).repository],
      secretPaths: ["/run/secrets", POD_PATHS.run, ...(archive === undefined ? [] : [ARCHIVE_PATHS.config])],
      macros: {
        // The server is no child of an entry point here: the containers' own scripts stand in its place, to the last letter.
        pgkeep_entrypoint: commanded(
          ["proc.cmdline", "proc.pcmdline"],
          [...ownShells(), ...(archive === undefined ? [] : archiveShells(environment))],
        ),
        pgkeep_known_shell: commanded(
          ["proc.cmdline"],
          [...probeShells(cluster.version.major), ...(archive === undefined ? [] : pingShells())],
        ),
      },
    },
    opts,
  );
}

/** A condition: one of these commands, as a whole. None has a quote in it, which the filters of every version would read alike. */
function commanded(fields: readonly string[], commands: readonly string[]): string {
  const quoted = commands.map((command) => `"${command}"`);
  return `(${fields.flatMap((field) => quoted.map((command) => `${field} = ${command}`)).join(" or ")})`;
}

/** The rules know no IPv6: who comes by it is reported, whoever it is. */
function ofIpv4(networks: readonly string[]): string[] {
  return [...new Set(networks.filter((each) => !each.includes(":")))];
}
