import { ClusterUnreachableError, CommandError, KubernetesError, type Shell } from "../ports/index.js";

/** How a cluster is reached. */
export interface ClusterAccess {
  /** Site of the environment, for people. */
  readonly site: string;
  /** @default kubectl's own: KUBECONFIG, ~/.kube/config */
  readonly kubeconfig?: string | undefined;
  /** @default the kubeconfig's current one */
  readonly context?: string | undefined;
}

/** The cluster does not serve objects of this kind. */
export class UnknownKindError extends KubernetesError {
  override readonly name = "UnknownKindError";
}

/** What kubectl answers: JSON, or that there is no such thing. */
export interface Kubectl {
  readonly site: string;
  /** What an object or a list of them says; undefined when there is no such object. */
  get(what: readonly string[]): Promise<unknown>;
  /** False when an object of that name is there already. */
  create(object: unknown): Promise<boolean>;
  /** Changes something; what it prints does not matter. */
  tell(args: readonly string[]): Promise<void>;
}

/** Seconds for one answer of the API server, and for kubectl as a whole. */
const REQUEST = 30;
const WHOLE = 90;

const NOT_FOUND = /\(NotFound\)/;
const EXISTS = /\(AlreadyExists\)/;

const UNKNOWN_KIND = /the server doesn't have a resource type|no matches for kind/i;

/** What kubectl says, and what it means. The first that fits counts. */
const MEANINGS: readonly (readonly [sign: RegExp, problem: string, remedy: string])[] = [
  [
    /x509|certificate|tls:/i,
    "its certificate is not trusted",
    "name the authority of the API server in the kubeconfig",
  ],
  [
    /Unauthorized|must be logged in|You must be logged/i,
    "it does not accept the credentials",
    "renew those of the kubeconfig",
  ],
  [
    /\(Forbidden\)/,
    "the account may not do this",
    "grant it what docs/kubernetes-backup.md lists for this command",
  ],
  [
    /context .* does not exist|no configuration has been provided|invalid configuration/i,
    "the kubeconfig has no such context",
    "give --kubeconfig, or the context in the declaration (kubernetes.sites[].context)",
  ],
];

const UNREACHABLE =
  /connection refused|no such host|no route to host|i\/o timeout|network is unreachable|connection reset|timed out|deadline exceeded|ServiceUnavailable|TLS handshake timeout|EOF/i;

/** kubectl on a host, which reads and writes JSON alone. No secret is an argument: objects go by its input. */
export function kubectl(shell: Shell, { site, kubeconfig, context }: ClusterAccess): Kubectl {
  const where = [
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
    ...(context === undefined ? [] : ["--context", context]),
    `--request-timeout=${REQUEST}s`,
  ];
  const run = async (args: readonly string[], input?: unknown): Promise<string> => {
    const [command = ""] = args;
    try {
      const { stdout } = await shell.run(["kubectl", ...where, ...args], {
        timeout: WHOLE,
        ...(input === undefined ? {} : { input: JSON.stringify(input) }),
      });
      return stdout;
    } catch (error) {
      throw error instanceof CommandError ? explain(error, site, command) : error;
    }
  };
  const said = (error: unknown, sign: RegExp): boolean =>
    error instanceof KubernetesError && error.cause instanceof CommandError && sign.test(error.cause.stderr);
  return {
    site,
    async get(what) {
      let text: string;
      try {
        text = await run(["get", ...what, "-o", "json"]);
      } catch (error) {
        if (said(error, NOT_FOUND)) return undefined;
        throw error;
      }
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw new KubernetesError(
          site,
          `kubectl get ${what[0] ?? ""} gave no JSON`,
          "look which kubectl is on PATH: one of Kubernetes 1.28 or newer",
        );
      }
    },
    async create(object) {
      try {
        await run(["create", "-f", "-"], object);
        return true;
      } catch (error) {
        if (said(error, EXISTS)) return false;
        throw error;
      }
    },
    tell: async (args) => void (await run(args)),
  };
}

function explain(error: CommandError, site: string, command: string): KubernetesError {
  const cause = { cause: error };
  if (error.code === undefined)
    return new ClusterUnreachableError(
      site,
      `kubectl ${command} did not end within ${WHOLE} s`,
      "check the network to its API server; what runs there goes on",
      cause,
    );
  if (error.code === 127 || /No such file or directory/.test(error.stderr))
    return new KubernetesError(
      site,
      `there is no kubectl on ${error.host}`,
      "install kubectl and put it on PATH, and name a kubeconfig that is there",
      cause,
    );
  const words = error.stderr.trim().split("\n").at(-1) ?? "";
  if (UNKNOWN_KIND.test(error.stderr))
    return new UnknownKindError(
      site,
      `it does not know what was asked for (${words})`,
      "install Velero there; its kinds come with it",
      cause,
    );
  const meaning = MEANINGS.find(([sign]) => sign.test(error.stderr));
  if (meaning !== undefined) return new KubernetesError(site, `${meaning[1]} (${words})`, meaning[2], cause);
  if (UNREACHABLE.test(error.stderr))
    return new ClusterUnreachableError(
      site,
      `its API server does not answer (${words})`,
      "check its power and the network; what runs there goes on, and so does the next call",
      cause,
    );
  return new KubernetesError(
    site,
    `kubectl ${command} failed (${words})`,
    "look at the object in the cluster",
    cause,
  );
}
