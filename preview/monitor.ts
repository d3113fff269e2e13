import * as pulumi from "@pulumi/pulumi";
import { RegisterResourceResponse, type RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { UNKNOWN_TEXT } from "../policy/node.js";
import { plainValue } from "./wire.js";

/** A resource as the program asks the engine for it. */
export interface DeclaredResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** URN of the resource that it belongs to; undefined for the stack itself. */
  readonly parent?: string | undefined;
  /** URN of the provider that is named for it; undefined when the engine chooses one, and for components. */
  readonly provider?: string | undefined;
  /** Made by a provider; false for a component, which is a name for what is below it. */
  readonly custom: boolean;
  readonly protect: boolean;
  /** Inputs as policies see them: secrets unwrapped, unknown values as the engine writes them. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Places of secrets in the inputs, such as `.connection.privateKey`. */
  readonly secretPaths: readonly string[];
}

type Callback = (error: unknown, response: unknown) => void;

/**
 * Look-ups whose answer only a provider knows, and what programs take from it: unknown here, as everything is that needs
 * credentials. A field that is missing in this table would silently be undefined, so a look-up that is missing is an error.
 */
const LOOK_UPS: Readonly<Record<string, readonly string[]>> = {
  "vsphere:index/getDatacenter:getDatacenter": ["id"],
  "vsphere:index/getComputeCluster:getComputeCluster": ["id", "resourcePoolId"],
  "vsphere:index/getDatastore:getDatastore": ["id"],
  "vsphere:index/getPolicy:getPolicy": ["id"],
  "vsphere:index/getVirtualMachine:getVirtualMachine": ["id", "uuid"],
  "vsphere:index/getResourcePool:getResourcePool": ["id"],
  "vsphere:index/getNetwork:getNetwork": ["id"],
  "vsphere:index/getDistributedVirtualSwitch:getDistributedVirtualSwitch": ["id"],
};

/** Nothing but the registration of resources, and look-ups without their answer. */
const NO_PROVIDER: pulumi.runtime.Mocks = {
  newResource: ({ type, name }) => {
    throw new Error(`the program reads ${type} ${name}, which needs credentials`);
  },
  call: ({ token }) => {
    const fields = LOOK_UPS[token];
    if (fields === undefined)
      throw new Error(`the program asks a provider for ${token}, which needs credentials`);
    return Object.fromEntries(fields.map((field) => [field, UNKNOWN_TEXT]));
  },
};

/** Resources whose provider gives them an id in a preview already. */
const NAMED_IN_PREVIEW = /^command:(?:local|remote):/;

/** Answers a program as the engine does in the preview of a stack that does not exist yet, and keeps what it was asked for. */
class Monitor extends MockMonitor {
  readonly declared: DeclaredResource[] = [];

  constructor(
    private readonly project: string,
    private readonly stack: string,
  ) {
    super(NO_PROVIDER);
  }

  override registerResource(request: RegisterResourceRequest, callback: Callback): Promise<void> {
    const urn = this.urnOf(request);
    const { value, secretPaths } = plainValue(request.getObject()?.toJavaScript() ?? {});
    this.declared.push({
      type: request.getType(),
      name: request.getName(),
      urn,
      parent: request.getParent() || undefined,
      provider: request.getProvider().split("::").slice(0, -1).join("::") || undefined,
      custom: request.getCustom(),
      protect: request.getProtect() ?? false,
      inputs: value as Record<string, unknown>,
      secretPaths,
    });
    // Without an id, what only the provider can tell stays unknown, as in the preview of something new.
    const response = new RegisterResourceResponse().setUrn(urn).setObject(request.getObject());
    if (NAMED_IN_PREVIEW.test(request.getType())) response.setId(request.getName());
    callback(null, response);
    return Promise.resolve();
  }

  /** Outputs of components: nothing here reads them. */
  override registerResourceOutputs(_request: unknown, callback: Callback): void {
    callback(null, {});
  }

  /** `urn:pulumi:<stack>::<project>::<types of all parents, the stack excepted, and its own>::<name>` */
  private urnOf(request: RegisterResourceRequest): string {
    const chain = request.getParent().split("::")[2] ?? "";
    const above = chain === "" || chain === STACK ? "" : `${chain}$`;
    return `urn:pulumi:${this.stack}::${this.project}::${above}${request.getType()}::${request.getName()}`;
  }
}

/** Type of the stack's own resource. */
export const STACK = "pulumi:pulumi:Stack";

/**
 * Runs a program in this process, without engine, providers, credentials or network, as the preview of a new stack.
 *
 * @returns every resource that it declares, parents first, in an order that is the same from run to run
 * @throws what the program throws
 */
export async function declaredBy(
  program: () => Record<string, unknown> | Promise<Record<string, unknown>>,
  { project, stack }: { readonly project: string; readonly stack: string },
): Promise<readonly DeclaredResource[]> {
  const monitor = new Monitor(project, stack);
  // Says what the engine can; then the monitor takes the place of the one that came with it.
  await pulumi.runtime.setMocks(NO_PROVIDER, project, stack, true);
  pulumi.runtime.setMockOptions(monitor, project, stack, true);
  // What fails within an output, nobody waits for.
  let lost: unknown;
  const lose = (reason: unknown): void => void (lost ??= reason);
  process.on("unhandledRejection", lose);
  try {
    await pulumi.runtime.runInPulumiStack(async () => program());
    await pulumi.runtime.disconnect();
    // Such a failure is told at the end of the turn.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("unhandledRejection", lose);
  }
  if (lost !== undefined) throw lost instanceof Error ? lost : new Error(String(lost));
  return monitor.declared.toSorted((a, b) => depth(a) - depth(b) || (a.urn < b.urn ? -1 : 1));
}

/** How many resources are above one; the order in which they are registered depends on what waits for what. */
function depth({ urn, parent }: DeclaredResource): number {
  return parent === undefined ? 0 : (urn.split("::")[2] ?? "").split("$").length;
}
