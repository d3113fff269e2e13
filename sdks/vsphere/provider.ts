import * as pulumi from "@pulumi/pulumi";
import { isOfType, PLUGIN_VERSION } from "./binding.js";

/** How to reach one vCenter. What is left out, the plugin takes from the named environment variable. */
export interface ProviderArgs {
  /** Host name or address of the vCenter, with `:port` when it is not 443 (`VSPHERE_SERVER`). */
  vsphereServer?: pulumi.Input<string>;
  /** Account that deploys (`VSPHERE_USER`). */
  user?: pulumi.Input<string>;
  /** Its password (`VSPHERE_PASSWORD`). Always treated as a secret here; the published schema does not say so. */
  password?: pulumi.Input<string>;
  /**
   * Accept a server certificate that cannot be verified (`VSPHERE_ALLOW_UNVERIFIED_SSL`). For simulators only.
   * @default false
   */
  allowUnverifiedSsl?: pulumi.Input<boolean>;
  /**
   * Longest time for one call or task, snapshots included, in minutes.
   * @default 5
   */
  apiTimeout?: pulumi.Input<number>;
  /**
   * Interval of the session's keep-alive, in minutes (`VSPHERE_VIM_KEEP_ALIVE`).
   * @default 10
   */
  vimKeepAlive?: pulumi.Input<number>;
  /**
   * Keep the login on disk between runs (`VSPHERE_PERSIST_SESSION`). The session file is a credential.
   * @default false
   */
  persistSession?: pulumi.Input<boolean>;
  /** Directory of persisted SOAP sessions (`VSPHERE_VIM_SESSION_PATH`). */
  vimSessionPath?: pulumi.Input<string>;
  /** Directory of persisted REST sessions (`VSPHERE_REST_SESSION_PATH`). */
  restSessionPath?: pulumi.Input<string>;
  /**
   * Write every request and answer to files (`VSPHERE_CLIENT_DEBUG`). They can hold credentials: never in production.
   * @default false
   */
  clientDebug?: pulumi.Input<boolean>;
  /** Directory of these traces (`VSPHERE_CLIENT_DEBUG_PATH`). */
  clientDebugPath?: pulumi.Input<string>;
  /** Sub-directory for one run's traces (`VSPHERE_CLIENT_DEBUG_PATH_RUN`). */
  clientDebugPathRun?: pulumi.Input<string>;
}

/** An explicit connection to one vCenter; give it to resources as `provider`. One for each site. */
export class Provider extends pulumi.ProviderResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere";

  declare readonly vsphereServer: pulumi.Output<string | undefined>;
  declare readonly user: pulumi.Output<string | undefined>;
  declare readonly password: pulumi.Output<string | undefined>;

  constructor(name: string, args: ProviderArgs = {}, opts: pulumi.ResourceOptions = {}) {
    const text = (value: pulumi.Input<boolean | number> | undefined): pulumi.Input<string | undefined> =>
      value === undefined ? undefined : pulumi.output(value).apply((known) => JSON.stringify(known));
    super(
      Provider.__pulumiType,
      name,
      {
        ...args,
        // A provider's configuration travels as text.
        allowUnverifiedSsl: text(args.allowUnverifiedSsl),
        apiTimeout: text(args.apiTimeout),
        vimKeepAlive: text(args.vimKeepAlive),
        persistSession: text(args.persistSession),
        clientDebug: text(args.clientDebug),
        vsphereServer: args.vsphereServer,
        user: args.user,
        password: args.password === undefined ? undefined : pulumi.secret(args.password),
      },
      pulumi.mergeOptions({ version: PLUGIN_VERSION, additionalSecretOutputs: ["password"] }, opts),
    );
  }

  /** True for a provider of this package, also of another copy of it. */
  static override isInstance(candidate: unknown): candidate is Provider {
    return isOfType(candidate, `pulumi:providers:${Provider.__pulumiType}`);
  }
}
