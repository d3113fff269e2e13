import type { ModelInput } from "../../../components/access/index.js";

/** A small model without contradictions; tests change a copy of it. */
export function sampleModel(): Required<ModelInput> & {
  groups: NonNullable<ModelInput["groups"]>;
  services: NonNullable<ModelInput["services"]>;
  rules: NonNullable<ModelInput["rules"]>;
} {
  return {
    groups: [
      { name: "app", networks: ["192.0.2.0/28", "2001:db8:1::/64"] },
      { name: "intruder", networks: ["192.0.2.7/32"] },
      { name: "pg", networks: ["198.51.100.5/32", "2001:db8:2::5/128"], enforced: true },
      { name: "repository", networks: ["203.0.113.9/32"] },
    ],
    services: [
      { name: "postgresql", protocol: "tcp", ports: [5432] },
      { name: "backup", protocol: "tcp", ports: [{ first: 8432, last: 8433 }] },
      { name: "echo", protocol: "icmp" },
    ],
    rules: [
      {
        name: "no-intruder",
        from: ["intruder"],
        to: ["pg"],
        services: ["postgresql"],
        action: "deny",
        log: true,
        description: "a machine that misbehaved",
      },
      {
        name: "clients",
        from: ["app"],
        to: ["pg"],
        services: ["postgresql"],
        action: "allow",
        description: "application servers",
        owner: "team shop",
        expires: "2027-06-30",
        logins: [{ database: "shop", role: "shop_app" }],
      },
      {
        name: "archive",
        from: ["pg"],
        to: ["repository"],
        services: ["backup"],
        action: "allow",
        description: "WAL to the repository",
      },
      {
        name: "reachability",
        from: "any",
        to: "any",
        services: ["echo"],
        action: "allow",
        description: "echo",
      },
    ],
    denial: { log: true },
  };
}
