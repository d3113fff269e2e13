import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { VmwareLab } from "./running.js";

/** What a rule of NSX does. */
export interface NsxRule {
  readonly action: string;
  readonly source_groups: readonly string[];
  readonly destination_groups: readonly string[];
  readonly services: readonly string[];
  readonly logged: boolean;
}

interface Listed {
  readonly results?: readonly (Record<string, unknown> & { readonly id: string })[];
}

/** NSX as a person sees it with curl at the operator's workstation: beside the components, not through them. */
export class NsxView {
  private readonly authority: string;

  constructor(
    private readonly running: VmwareLab,
    private readonly policy: string,
  ) {
    this.authority = join(running.dir, "nsx-authority.pem");
    writeFileSync(this.authority, running.endpoints.nsx.authority);
  }

  /** Rules of the policy by id, in the order of their evaluation. */
  async rules(): Promise<Map<string, NsxRule>> {
    const text = await this.call("GET", `${this.policyPath}/rules`);
    const { results = [] } = JSON.parse(text) as {
      results?: (NsxRule & { id: string; sequence_number: number })[];
    };
    return new Map(
      results
        .toSorted((a, b) => a.sequence_number - b.sequence_number)
        .map(({ id, action, source_groups, destination_groups, services, logged }) => [
          id,
          { action, source_groups, destination_groups, services, logged },
        ]),
    );
  }

  /** Addresses of a group. */
  async addresses(group: string): Promise<string[]> {
    const text = await this.call("GET", `/infra/domains/default/groups/${this.policy}-${group}`);
    const { expression = [] } = JSON.parse(text) as { expression?: { ip_addresses?: string[] }[] };
    return expression.flatMap(({ ip_addresses: addresses = [] }) => addresses).toSorted();
  }

  /** Everything of the cluster that NSX has: ids of its policy, groups and services, and tags of VMs. */
  async everything(): Promise<string[]> {
    const own = async (path: string): Promise<string[]> => {
      const { results = [] } = JSON.parse(await this.call("GET", path)) as Listed;
      return results.map(({ id }) => id).filter((id) => id.startsWith(this.policy));
    };
    const { results: vms = [] } = JSON.parse(
      await this.call("GET", "/infra/realized-state/virtual-machines"),
    ) as {
      results?: { display_name: string; tags?: { scope: string; tag: string }[] }[];
    };
    return [
      ...(await own("/infra/domains/default/security-policies")),
      ...(await own("/infra/domains/default/groups")),
      ...(await own("/infra/services")),
      ...vms.flatMap(({ display_name: vm, tags = [] }) =>
        tags.map(({ scope, tag }) => `${vm} ${scope}|${tag}`),
      ),
    ];
  }

  /** Somebody changes a rule by hand. */
  async edit(rule: string, change: Readonly<Record<string, unknown>>): Promise<void> {
    await this.call("PATCH", `${this.policyPath}/rules/${rule}`, change);
  }

  private get policyPath(): string {
    return `/infra/domains/default/security-policies/${this.policy}`;
  }

  private async call(method: string, path: string, body?: unknown): Promise<string> {
    const { address, nsx, accounts } = this.running.endpoints;
    const url = `https://${address}:${nsx.port}/policy/api/v1${path}`;
    // The account comes by standard input: arguments show in the process list.
    const config = [
      `user = "${accounts.nsx.user}:${accounts.nsx.password}"`,
      ...(body === undefined
        ? []
        : [
            `data = "${JSON.stringify(body).replaceAll('"', '\\"')}"`,
            'header = "Content-Type: application/json"',
          ]),
    ];
    return await this.running.lab.mustExecIn(
      "ops",
      [
        "curl",
        "--silent",
        "--show-error",
        "--fail-with-body",
        "--cacert",
        this.authority,
        "--config",
        "-",
        "--request",
        method,
        url,
      ],
      { stdin: `${config.join("\n")}\n` },
    );
  }
}
