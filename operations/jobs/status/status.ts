import type { PlanGuest } from "../../../components/recovery/index.js";
import type { Context } from "../../context.js";
import { messageOf, OperationError } from "../../errors.js";
import { health } from "../recovery/health.js";
import type { MemberState } from "../recovery/members.js";
import { certificateProblems } from "./certificates.js";
import { clusterCopies, guestCopies } from "./copies.js";
import type { Age } from "./age.js";
import { etcdProblems } from "./etcd.js";

/** A guest and the copies of it. */
export interface GuestStatus {
  readonly guest: string;
  readonly host: string;
  /** State of the domain, or why it cannot be seen. */
  readonly state: string;
  readonly agent: boolean;
  /** By the server itself; a witness has no server. */
  readonly role: MemberState["role"] | "witness";
  readonly timeline?: number | undefined;
  /** Bytes received but not replayed, of a standby. */
  readonly replayLag?: number | undefined;
  readonly copies: readonly Age[];
}

/** The whole environment as it is now. */
export interface Status {
  readonly ok: boolean;
  readonly environment: string;
  readonly primary?: string | undefined;
  readonly guests: readonly GuestStatus[];
  readonly cluster: readonly Age[];
  /** What is not as declared, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Looks at everything; what cannot be seen is a problem, not an error.
 *
 * @param seen a look at guests and servers that was just taken. @default a new one
 */
export async function status(context: Context, seen?: Live): Promise<Status> {
  const { plan } = context;
  const [live, guests, cluster] = await Promise.all([
    seen ?? liveProblems(context),
    Promise.all(plan.guests.map(async (guest) => ({ guest, copies: await guestCopies(context, guest) }))),
    clusterCopies(context),
  ]);
  const problems = [...live.problems, ...(await certificateProblems(context, answering(live.seen)))];
  const found: GuestStatus[] = guests.map(({ guest, copies }) => {
    problems.push(...copies.filter(notAsDeclared).map((age) => `${guest.name}: ${describeAge(age)}`));
    const member = live.members.find(({ name }) => name === guest.name);
    const seen = live.seen.get(guest.name) ?? { state: "unknown", agent: false };
    return {
      guest: guest.name,
      host: guest.host,
      ...seen,
      role: guest.kind === "witness" ? "witness" : (member?.role ?? "down"),
      timeline: member?.timeline,
      replayLag: member?.replayLag,
      copies,
    };
  });
  problems.push(...cluster.filter(notAsDeclared).map(describeAge));
  return {
    ok: problems.length === 0,
    environment: plan.environment.name,
    primary: live.primary,
    guests: found,
    cluster,
    problems,
  };
}

/** Guests, servers and etcd at one look. */
export interface Live {
  readonly problems: readonly string[];
  readonly members: readonly MemberState[];
  readonly primary: string | undefined;
  readonly seen: ReadonlyMap<string, { readonly state: string; readonly agent: boolean }>;
}

/** Guests, servers and etcd, without any look at copies. */
async function liveProblems(context: Context): Promise<Live> {
  const { guests } = context.plan;
  const seen = new Map(
    await Promise.all(guests.map(async (guest) => [guest.name, await seeGuest(context, guest)] as const)),
  );
  const problems = guests.flatMap(({ name, host }) => {
    const { state, agent } = seen.get(name) ?? { state: "unknown", agent: false };
    if (state !== "running") return [`${name} on ${host}: ${state}`];
    return agent ? [] : [`the guest agent of ${name} does not answer`];
  });
  if (problems.length === guests.length) return { problems, members: [], primary: undefined, seen };
  const [servers, quorum] = await Promise.all([health(context), etcdProblems(context, answering(seen))]);
  return {
    problems: [...problems, ...servers.problems, ...quorum],
    members: servers.members,
    primary: servers.primary?.name,
    seen,
  };
}

/** Guests whose agents answer. */
function answering(seen: Live["seen"]): readonly string[] {
  return [...seen].filter(([, { agent }]) => agent).map(([name]) => name);
}

async function seeGuest(context: Context, guest: PlanGuest): Promise<{ state: string; agent: boolean }> {
  try {
    const state = await context.host(guest.host).hypervisor.state(guest.name);
    return { state, agent: state === "running" && (await context.agent(guest.name).answers(15)) };
  } catch (error) {
    return { state: messageOf(error), agent: false };
  }
}

/** Longest pause between two looks, in seconds: looking costs a guest that starts the very time that it needs. */
const LONGEST_PAUSE = 10;

/**
 * Waits until guests, servers and etcd are as declared; ages of copies do not count.
 *
 * @returns what was seen in the end
 * @throws OperationError after `limit` seconds
 */
export async function waitForLive(context: Context, limit: number): Promise<Live> {
  const { clock, output } = context;
  const began = clock.monotonic();
  output.step(`Waiting until everything is as declared (at most ${limit} s)`);
  for (let told = "", pause = 2; ; await clock.sleep(pause)) {
    const live = await liveProblems(context);
    const { problems } = live;
    if (problems.length === 0) return live;
    pause = Math.min(LONGEST_PAUSE, pause * 1.5);
    const text = problems.join("; ");
    if (text !== told) output.info(text);
    told = text;
    if (clock.monotonic() - began > limit)
      throw new OperationError(
        `not as declared after ${limit} s: ${text}`,
        "look at the console and the journal of these guests",
      );
  }
}

/** Overdue, or in time with something else wrong, such as a verification that found damage. */
function notAsDeclared({ overdue, problem }: Age): boolean {
  return overdue || problem !== undefined;
}

/** A sentence about an age that is not right. */
export function describeAge({ what, age, limit, problem }: Age): string {
  const hours = (seconds: number): string =>
    seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
  if (age === undefined) return `${what}: ${problem ?? "none"}`;
  const late = age > limit ? `${hours(age)} old, at most ${hours(limit)} by its schedule` : "";
  return `${what}: ${[late, problem].filter(Boolean).join("; ")}`;
}
