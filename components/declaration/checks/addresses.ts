import { PURPOSES } from "../machines.js";
import { inNetwork, isReserved, overlap, within } from "../units.js";
import { isWorld } from "./access.js";
import { report, reportRepeated, type Check } from "./check.js";

/** Contradictions between networks and the addresses in them; `word` is what a host is called. */
function addressChecksOf(section: "kvm" | "vmware", word: string): readonly Check[] {
  return [
    {
      needs: [section],
      find: ({ [section]: platform }, problems) => {
        for (const purpose of PURPOSES) {
          platform.addresses.forEach((entry, i) => {
            const path = [section, "addresses", i, purpose];
            const address = entry[purpose];
            const host = platform.hosts.find((candidate) => candidate.address === address);
            if (!inNetwork(address, platform.networks[purpose]))
              report(
                problems,
                path,
                address,
                `lies outside the ${purpose} network`,
                `an address in ${platform.networks[purpose]}`,
              );
            else if (isReserved(address, platform.networks[purpose]))
              report(problems, path, address, RESERVED, `another one in ${platform.networks[purpose]}`);
            if (host !== undefined)
              report(problems, path, address, `belongs to ${word} ${host.name}`, "an address of its own");
            if (address === platform.gateway)
              report(problems, path, address, "belongs to the gateway", "an address of its own");
          });
          reportRepeated(
            problems,
            platform.addresses.map((a) => a[purpose]),
            (i) => [section, "addresses", i, purpose],
            `a ${purpose} address`,
          );
        }
      },
    },
    {
      needs: [section],
      find: ({ [section]: platform }, problems) => {
        PURPOSES.forEach((purpose, i) => {
          const network = platform.networks[purpose];
          const path = [section, "networks", purpose];
          const earlier = PURPOSES.slice(0, i).find((other) => overlap(network, platform.networks[other]));
          if (earlier !== undefined)
            report(
              problems,
              path,
              network,
              `overlaps the ${earlier} network: purposes are never shared`,
              "a network of its own",
            );
          if (network.includes(":"))
            report(problems, path, network, "is IPv6, which guests do not speak", "an IPv4 network");
        });
        const { client } = platform.networks;
        if (platform.gateway === undefined) return;
        const path = [section, "gateway"];
        if (!inNetwork(platform.gateway, client))
          report(
            problems,
            path,
            platform.gateway,
            "lies outside the client network",
            `an address in ${client}`,
          );
        else if (isReserved(platform.gateway, client))
          report(problems, path, platform.gateway, RESERVED, `another one in ${client}`);
      },
    },
    {
      needs: [section, "access"],
      find: ({ [section]: platform, access }, problems) => {
        if (platform.gateway !== undefined) return;
        access.groups.forEach((group, i) => {
          group.networks.forEach((network, j) => {
            if (!isWorld(network) && !within(network, platform.networks.client))
              report(
                problems,
                ["access", "groups", i, "networks", j],
                network,
                "lies outside the client network, and guests have no gateway to answer through",
                `${section}.gateway, or a network in ${platform.networks.client}`,
              );
          });
        });
      },
    },
    {
      needs: [section, "failover"],
      find: ({ [section]: platform, failover }, problems) => {
        const { redirect } = failover;
        if (redirect.kind !== "vip") return;
        const { client } = platform.networks;
        const path = ["failover", "redirect", "address"];
        if (!inNetwork(redirect.address, client))
          report(
            problems,
            path,
            redirect.address,
            "lies outside the client network",
            `an address in ${client}`,
          );
        else if (isReserved(redirect.address, client))
          report(problems, path, redirect.address, RESERVED, `another one in ${client}`);
        if (platform.addresses.some((entry) => entry.client === redirect.address))
          report(problems, path, redirect.address, "belongs to a guest already", "an address of its own");
        if (redirect.address === platform.gateway)
          report(problems, path, redirect.address, "belongs to the gateway", "an address of its own");
      },
    },
    {
      // Guests call out on the management network only and have no route to anywhere else from there: what lies beyond it
      // would look dead, a living hypervisor to the fence included.
      needs: [section, "cluster", "failover", "hardening"],
      find: ({ [section]: platform, cluster, failover, hardening }, problems) => {
        const { management } = platform.networks;
        const expect = (path: readonly PropertyKey[], address: string, why: string): void => {
          if (!inNetwork(address, management))
            report(
              problems,
              path,
              address,
              `lies outside the management network, where guests ${why}`,
              `an address in ${management}`,
            );
        };
        if (failover.fencing)
          platform.hosts.forEach(({ site, address }, i) => {
            if (cluster.members.some((member) => member.site === site))
              expect([section, "hosts", i, "address"], address, "look for it to fence");
          });
        if (failover.redirect.kind === "dns")
          expect(["failover", "redirect", "server"], failover.redirect.server, "send the DNS update");
        hardening.ntp.forEach((address, i) => expect(["hardening", "ntp", i], address, "ask the time"));
      },
    },
  ];
}

/** The same for every platform with virtual machines. */
export const addressChecks: readonly Check[] = [
  ...addressChecksOf("kvm", "hypervisor"),
  ...addressChecksOf("vmware", "operations host"),
];

const RESERVED = "is the network's own or its broadcast address";
