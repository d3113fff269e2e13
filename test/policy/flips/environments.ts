import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest, RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { readStackFile } from "../../../operations/declaration-file.js";
import { readConfiguration, RULES, type Rule, type RuleConfiguration } from "../../../policy/index.js";
import { Node } from "../../../policy/node.js";
import type { Subject } from "../../../policy/rule.js";
import { previewConfiguration } from "../../../preview/configuration.js";
import { plainValue } from "../../../preview/wire.js";
import { declareEnvironment } from "../../../stacks/declare.js";
import { STACK } from "../../../preview/monitor.js";
import { HOST_KEY } from "../../vsphere/vcenter.js";

const ROOT = join(__dirname, "..", "..", "..");

/** What stands in the repository as `Pulumi.<stack>.yaml`. */
export const STACKS: readonly string[] = readdirSync(ROOT)
  .flatMap((file) => /^Pulumi\.([a-z0-9-]+)\.yaml$/.exec(file)?.[1] ?? [])
  .toSorted();

/** What a stack's own file of exemptions says about each rule. */
export function configuredFor(stack: string): (rule: Rule) => RuleConfiguration {
  const file = join(ROOT, "policy", "exemptions", `${stack}.json`);
  const read = readConfiguration(
    existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as unknown) : {},
    RULES,
  );
  if (!read.ok) throw new Error(`${file}: ${read.problems.join("; ")}`);
  return read.of;
}

/** Every resource of a stack of this repository as the pack sees it in an update, with placeholders for what is secret. */
export async function stackSubjects(stack: string): Promise<Subject[]> {
  const { environment, config } = readStackFile(join(ROOT, `Pulumi.${stack}.yaml`));
  return environmentSubjects(stack, environment, config);
}

/** The same for a declaration, with further resources beside it. */
export async function environmentSubjects(
  stack: string,
  environment: unknown,
  config: Readonly<Record<string, unknown>> = {},
  beside: () => void = () => undefined,
): Promise<Subject[]> {
  const { configuration } = previewConfiguration(parseEnvironment(environment), config);
  return updateOf(stack, async () => {
    await declareEnvironment(configuration);
    beside();
  });
}

/** Answers as providers do once a resource is there, and keeps what the program asked for. */
class Provisioning extends MockMonitor {
  readonly subjects: Subject[] = [];
  /** Types of a resource and of all above it, by the URN that mocks give it, which tells one of them only. */
  private readonly chains = new Map<string, string>();

  constructor(private readonly stack: string) {
    super({
      newResource: ({ name, inputs }) => ({
        id: `${name}-id`,
        state: { name, stdout: HOST_KEY, ...(inputs as object) },
      }),
      call: ({ token }) => ({ id: `${token}-id`, uuid: `${token}-uuid`, resourcePoolId: `${token}-pool` }),
    });
  }

  override registerResource(
    request: RegisterResourceRequest,
    callback: (error: unknown, response: RegisterResourceResponse | undefined) => void,
  ): Promise<void> {
    const { value, secretPaths } = plainValue(request.getObject()?.toJavaScript() ?? {});
    const [type, name] = [request.getType(), request.getName()];
    const above = this.chains.get(request.getParent());
    const chain = above === undefined || above === STACK ? type : `${above}$${type}`;
    this.subjects.push({
      type,
      name,
      urn: `urn:pulumi:${this.stack}::pgkeep::${chain}::${name}`,
      inputs: new Node(value),
      protect: request.getProtect() ?? false,
      provider: request.getProvider().split("::").slice(0, -1).join("::") || undefined,
      secretPaths,
    });
    return super.registerResource(
      request,
      (error: unknown, response: RegisterResourceResponse | undefined) => {
        if (response !== undefined) this.chains.set(response.getUrn(), chain);
        callback(error, response);
      },
    );
  }
}

async function updateOf(stack: string, program: () => Promise<void>): Promise<Subject[]> {
  const monitor = new Provisioning(stack);
  await pulumi.runtime.setMocks(
    { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
    "pgkeep",
    stack,
  );
  pulumi.runtime.setMockOptions(monitor, "pgkeep", stack, false);
  await pulumi.runtime.runInPulumiStack(async () => program());
  await pulumi.runtime.disconnect();
  return monitor.subjects.toSorted((a, b) => (a.urn < b.urn ? -1 : 1));
}
