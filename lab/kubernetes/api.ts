import { Agent, request } from "node:https";
import { z } from "zod";

/** An object of the API, as far as everyone needs it. */
const named = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.record(z.string(), z.unknown()).optional(),
  status: z.record(z.string(), z.unknown()).optional(),
});
export type ApiObject = z.infer<typeof named>;

const list = z.looseObject({ items: z.array(named) });

/** The API server did not do what it was asked. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** How a client is known, and whom it trusts, PEM. */
export interface ApiAccess {
  readonly server: string;
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Few calls to an API server, for the laboratory itself. */
export class Api {
  private readonly agent: Agent;

  constructor(private readonly access: ApiAccess) {
    const { authority: ca, certificate: cert, key } = access;
    this.agent = new Agent({ ca, cert, key, keepAlive: true, maxSockets: 4 });
  }

  async get(path: string): Promise<ApiObject | undefined> {
    try {
      return named.parse(JSON.parse(await this.call("GET", path)));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async list(path: string): Promise<readonly ApiObject[]> {
    return list.parse(JSON.parse(await this.call("GET", path))).items;
  }

  async create(path: string, body: unknown): Promise<ApiObject> {
    return named.parse(JSON.parse(await this.call("POST", path, body)));
  }

  async delete(path: string): Promise<void> {
    await this.call("DELETE", path);
  }

  /** @throws ApiError with what the server says; the error of the connection where there is none */
  call(method: string, path: string, body?: unknown): Promise<string> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { accept: "application/json", "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const call = request(
        new URL(path, this.access.server),
        { method, agent: this.agent, headers, timeout: 30_000 },
        (response) => {
          let answer = "";
          response.setEncoding("utf8").on("data", (part: string) => (answer += part));
          response.once("error", reject);
          response.once("end", () => {
            const { statusCode = 0 } = response;
            if (statusCode < 300) resolve(answer);
            else reject(new ApiError(statusCode, `${method} ${path}: ${statusCode} ${messageOf(answer)}`));
          });
        },
      );
      call.once("timeout", () => call.destroy(new Error(`${method} ${path}: no answer`)));
      call.once("error", reject);
      call.end(text);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function messageOf(answer: string): string {
  try {
    return z.object({ message: z.string() }).parse(JSON.parse(answer)).message;
  } catch {
    return answer.slice(0, 300);
  }
}
