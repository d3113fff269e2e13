import { PURPOSES } from "../kvm.js";
import { inNetwork, isReserved, overlap, within } from "../units.js";
import { isWorld } from "./access.js";
import { report, reportRepeated, type Check } from "./check.js";

/** Contradictions between networks and the addresses in them. */
export const addressChecks: readonly Check[] = [
  {
    needs: ["kvm"],
    find: ({ kvm }, problems) => {
      for (const purpose of PURPOSES) {
        kvm.addresses.forEach((entry, i) => {
          const path = ["kvm", "addresses", i, purpose];
          const address = entry[purpose];
          const host = kvm.hosts.find((candidate) => candidate.address === address);
          if (!inNetwork(address, kvm.networks[purpose]))
            report(
              problems,
              path,
              address,
              `lies outside the ${purpose} network`,
              `an address in ${kvm.networks[purpose]}`,
            );
          else if (isReserved(address, kvm.networks[purpose]))
            report(problems, path, address, RESERVED, `another one in ${kvm.networks[purpose]}`);
          if (host !== undefined)
            report(problems, path, address, `belongs to hypervisor ${host.name}`, "an address of its own");
          if (address === kvm.gateway)
            report(problems, path, address, "belongs to the gateway", "an address of its own");
        });
        reportRepeated(
          problems,
          kvm.addresses.map((a) => a[purpose]),
          (i) => ["kvm", "addresses", i, purpose],
          `a ${purpose} address`,
        );
      }
    },
  },
  {
    needs: ["kvm"],
    find: ({ kvm }, problems) => {
      PURPOSES.forEach((purpose, i) => {
        const network = kvm.networks[purpose];
        const path = ["kvm", "networks", purpose];
        const earlier = PURPOSES.slice(0, i).find((other) => overlap(network, kvm.networks[other]));
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
      const { client } = kvm.networks;
      if (kvm.gateway === undefined) return;
      const path = ["kvm", "gateway"];
      if (!inNetwork(kvm.gateway, client))
        report(problems, path, kvm.gateway, "lies outside the client network", `an address in ${client}`);
      else if (isReserved(kvm.gateway, client))
        report(problems, path, kvm.gateway, RESERVED, `another one in ${client}`);
    },
  },
  {
    needs: ["kvm", "access"],
    find: ({ kvm, access }, problems) => {
      if (kvm.gateway !== undefined) return;
      access.groups.forEach((group, i) => {
        group.networks.forEach((network, j) => {
          if (!isWorld(network) && !within(network, kvm.networks.client))
            report(
              problems,
              ["access", "groups", i, "networks", j],
              network,
              "lies outside the client network, and guests have no gateway to answer through",
              `kvm.gateway, or a network in ${kvm.networks.client}`,
            );
        });
      });
    },
  },
  {
    needs: ["kvm", "failover"],
    find: ({ kvm, failover }, problems) => {
      const { redirect } = failover;
      if (redirect.kind !== "vip") return;
      const { client } = kvm.networks;
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
      if (kvm.addresses.some((entry) => entry.client === redirect.address))
        report(problems, path, redirect.address, "belongs to a guest already", "an address of its own");
      if (redirect.address === kvm.gateway)
        report(problems, path, redirect.address, "belongs to the gateway", "an address of its own");
    },
  },
  {
    // Guests call out on the management network only and have no route to anywhere else from there: what lies beyond it
    // would look dead, a living hypervisor to the fence included.
    needs: ["kvm", "cluster", "failover", "hardening"],
    find: ({ kvm, cluster, failover, hardening }, problems) => {
      const { management } = kvm.networks;
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
        kvm.hosts.forEach(({ site, address }, i) => {
          if (cluster.members.some((member) => member.site === site))
            expect(["kvm", "hosts", i, "address"], address, "look for it to fence");
        });
      if (failover.redirect.kind === "dns")
        expect(["failover", "redirect", "server"], failover.redirect.server, "send the DNS update");
      hardening.ntp.forEach((address, i) => expect(["hardening", "ntp", i], address, "ask the time"));
    },
  },
];

const RESERVED = "is the network's own or its broadcast address";
