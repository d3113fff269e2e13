import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Secrets, VmwareEnvironmentInput } from "../../components/declaration/index.js";
import { GUEST_PATHS } from "../../components/postgres/index.js";
import { recoveryPlan, type RecoveryPlan } from "../../components/recovery/index.js";
import type { Database } from "../../operations/ports/index.js";
import { createSecrets } from "../../operations/secrets/index.js";
import {
  VCENTER_SITES,
  vcenterPrograms,
  type VCenterPrograms,
  type VCenterSite,
} from "../endpoints/vcenter/index.js";
import { startLab, stopLab, type Lab } from "../hosts/lab.js";
import { HYPERVISORS } from "../hosts/topology.js";
import { ensureImage } from "../images/build.js";
import type { ImageMajor } from "../images/recipe.js";
import { checkoutRoot, labDir } from "../places.js";
import { type Progress, step } from "../progress.js";
import { tsigSecret } from "../run/bring-up.js";
import { prepareEngine, pulumi, type EngineOptions } from "../run/engine.js";
import type { Outcome } from "../subprocess.js";
import { Application } from "./application.js";
import {
  committedGuids,
  runningEnvironment,
  TEMPLATE,
  VMWARE_STACK,
  writeVmwareStack,
} from "./declaration.js";
import { Endpoints } from "./endpoints.js";
import { Hardware } from "./hardware.js";
import { PROGRAM } from "./program-text.js";

/** Where operations hosts find the authorities of the vCenter Servers, as the declaration says. */
const AUTHORITIES = "/etc/ssl/certs/pgkeep-vcenter.pem";

/** What every preview and update of the laboratory is judged by. */
export const VMWARE_POLICY = [
  ...["--policy-pack", join(checkoutRoot(), "policy")],
  // What a laboratory cannot have is exempt here, with its reason.
  ...["--policy-pack-config", join(checkoutRoot(), "policy", "exemptions", `${VMWARE_STACK}.json`)],
];

/** An installed system for EFI with one disk, with the virtual hardware of ESXi 7.0. */
const TEMPLATE_HARDWARE = [
  ...["-on=false", "-g", "debian12_64Guest", "-firmware", "efi", "-version", "7.0", "-c", "1", "-m", "1024"],
  ...["-disk.controller", "pvscsi", "-disk", "10GB", "-net", "DC0_DVPG0", "-pool", "DC0_C0/Resources"],
];

/** A member as Patroni shows it. */
export interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
}

/** The VMware laboratory: hosts, endpoints, what stands under the VMs, and a stack. */
export class VmwareLab {
  private constructor(
    readonly lab: Lab,
    readonly endpoints: Endpoints,
    readonly hardware: Hardware,
    /** The declaration as the stack has it; changed by `declare`. */
    private input: VmwareEnvironmentInput,
    readonly plan: RecoveryPlan,
    private readonly secrets: Secrets,
    private readonly programs: VCenterPrograms,
  ) {}

  /** Starts everything; what was there goes first. */
  static async start(major: ImageMajor, progress: Progress, dir = `${labDir()}-vmware`): Promise<VmwareLab> {
    const image = await ensureImage(major, progress);
    const programs = await vcenterPrograms();
    await stopLab({ dir }, progress);
    const lab = await startLab({ dir }, progress);
    try {
      return await step(progress, "two vCenter Servers, NSX and SRM", 10, async () => {
        // No VM of the plan is made before there is a plan.
        const under: { hardware?: Hardware } = {};
        const endpoints = await Endpoints.start(lab, programs.simulator, committedGuids(), (site, notice) =>
          under.hardware?.take(site, notice),
        );
        const input = runningEnvironment(lab, endpoints, major);
        prepareEngine(lab, VMWARE_STACK, PROGRAM);
        const environment = writeVmwareStack(lab, input);
        const plan = recoveryPlan(environment);
        const authorities = join(lab.dir, "authorities.pem");
        writeFileSync(authorities, VCENTER_SITES.map((site) => endpoints.vcenters[site].authority).join(""));
        const tell = async (
          site: VCenterSite,
          uuid: string,
          variables: Readonly<Record<string, string>>,
        ): Promise<void> => {
          const pairs = Object.entries(variables).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
          await running.govc(site, "vm.change", "-vm.uuid", uuid, ...pairs);
        };
        const hardware = new Hardware({ lab, image: image.rootfs, plan, tell, progress });
        under.hardware = hardware;
        const secrets = { ...(await createSecrets(environment)), tsig: tsigSecret(lab) };
        const running = new VmwareLab(lab, endpoints, hardware, input, plan, secrets, programs);
        for (const host of HYPERVISORS) await running.equip(host, programs.govc, authorities);
        for (const site of VCENTER_SITES)
          await running.govc(site, "vm.create", ...TEMPLATE_HARDWARE, TEMPLATE);
        await running.makeStack();
        return running;
      });
    } catch (error) {
      await stopLab({ dir });
      throw error;
    }
  }

  /** Ends everything; nothing is left. */
  async stop(): Promise<void> {
    await this.hardware.remove();
    await this.endpoints.stop();
    await stopLab({ dir: this.lab.dir });
  }

  /** Changes the declaration of the stack. */
  declare(
    change: (input: VmwareEnvironmentInput) => void,
    settings: Readonly<Record<string, unknown>> = {},
  ): void {
    change(this.input);
    writeVmwareStack(this.lab, this.input, settings);
  }

  /** Runs the engine at the workstation. */
  pulumi(args: readonly string[], options: EngineOptions = {}): Promise<Outcome> {
    const { nsx, srm } = this.endpoints.accounts;
    return pulumi(this.lab, [...args, "--stack", VMWARE_STACK], {
      ...options,
      env: {
        ...options.env,
        SSL_CERT_FILE: join(this.lab.dir, "authorities.pem"),
        PGKEEP_NSX_USER: nsx.user,
        PGKEEP_NSX_PASSWORD: nsx.password,
        PGKEEP_SRM_USER: srm.user,
        PGKEEP_SRM_PASSWORD: srm.password,
      },
    });
  }

  /** As `pulumi`, but a failure is an error with the end of what the engine said. */
  async mustPulumi(args: readonly string[], options: EngineOptions = {}): Promise<string> {
    const outcome = await this.pulumi(args, options);
    if (outcome.code === 0) return outcome.stdout;
    const said = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n").slice(-60).join("\n");
    throw new Error(`pulumi ${args[0] ?? ""} ended with code ${outcome.code}:\n${said}`);
  }

  /** Variables with which `pgkeep recovery-plan` logs in. */
  get srmEnvironment(): NodeJS.ProcessEnv {
    const { srm } = this.endpoints.accounts;
    return { PGKEEP_SRM_USER: srm.user, PGKEEP_SRM_PASSWORD: srm.password };
  }

  /** Passwords of the database's roles, for those who look where they must not stand. */
  get rolePasswords(): readonly { readonly password: string }[] {
    return Object.values(this.secrets.passwords).map((password) => ({ password }));
  }

  /** Members of the cluster as Patroni of any guest that runs shows them. */
  async members(
    seconds: number,
    enough: (members: readonly Member[]) => boolean,
  ): Promise<readonly Member[]> {
    let last = "";
    for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline;) {
      for (const { name } of this.plan.guests.filter(({ kind }) => kind === "member")) {
        if (!this.hardware.running.includes(name)) continue;
        const argv = ["patronictl", "-c", GUEST_PATHS.patroni, "list", "--format", "json"];
        const { code, stdout, stderr } = await this.hardware.guest(name).run(argv);
        last = `${stdout}${stderr}`.trim();
        if (code !== 0) continue;
        const members = (JSON.parse(stdout) as { Member: string; Role: string; State: string }[]).map(
          ({ Member: member, Role: role, State: state }) => ({ name: member, role, state }),
        );
        if (enough(members)) return members;
      }
      await new Promise((wake) => setTimeout(wake, 1000));
    }
    throw new Error(`the cluster is not as expected after ${seconds} s: ${last.slice(-1500)}`);
  }

  /** An application that writes until it is stopped. */
  application(): Application {
    return Application.start(this.lab, {
      cluster: this.plan.environment.cluster.name,
      database: "shop",
      user: "shop_app",
      password: this.secrets.passwords["shop_app"] ?? "",
      authority: this.secrets.authority,
    });
  }

  /** Statements as the superuser in a member, over its socket. */
  database(member: string): Database {
    return {
      query: async (sql, { database = "postgres" } = {}) => {
        const argv = [
          "runuser",
          "-u",
          "postgres",
          "--",
          "psql",
          "-X",
          "-q",
          "-v",
          "ON_ERROR_STOP=1",
          "-At",
          "-d",
          database,
        ];
        const { code, stdout, stderr } = await this.hardware.guest(member).run(argv, { stdin: sql });
        if (code !== 0) throw new Error(`SQL in ${member}: ${stderr}`);
        return stdout
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => line.split("|"));
      },
    };
  }

  /** Runs govc at the workstation. */
  async govc(site: VCenterSite, ...args: string[]): Promise<string> {
    return await this.lab.mustExecIn("ops", [this.programs.govc, ...args], {
      env: this.endpoints.govcEnvironment(site, join(this.lab.dir, "authorities.pem")),
    });
  }

  /** govc and the authorities of the vCenter Servers, where an operator would install them. */
  private async equip(host: (typeof HYPERVISORS)[number], govc: string, authorities: string): Promise<void> {
    const put = (from: string, to: string, mode: string): Promise<string> =>
      this.lab.mustExecIn(host, ["sh", "-c", `cat >"$0" && chmod ${mode} "$0"`, to], {
        stdin: readFileSync(from),
      });
    await put(govc, "/usr/local/bin/govc", "0755");
    await put(authorities, AUTHORITIES, "0644");
  }

  private async makeStack(): Promise<void> {
    const { vcenter } = this.endpoints.accounts;
    const accounts = Object.fromEntries(
      VCENTER_SITES.map((site) => [this.endpoints.server(site), { deployer: vcenter, operations: vcenter }]),
    );
    const { secrets } = this;
    await this.mustPulumi(["stack", "init"]);
    for (const [key, value] of Object.entries({ secrets, vcenters: accounts }))
      // By standard input: the engine encrypts it before it touches a file.
      await this.mustPulumi(["config", "set", "--secret", `pgkeep:${key}`], { stdin: JSON.stringify(value) });
    // The engine rewrites the file, and everything in it as it likes.
    writeVmwareStack(this.lab, this.input);
  }

  /** The folder with everything; for messages. */
  get dir(): string {
    return this.lab.dir;
  }
}

/** Removes what a killed run has left. */
export async function endVmwareLab(progress: Progress, dir = `${labDir()}-vmware`): Promise<void> {
  await stopLab({ dir }, progress);
  rmSync(dir, { recursive: true, force: true });
}
