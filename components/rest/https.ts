import { Agent, request } from "node:https";
import { ApiError } from "./errors.js";

export interface HttpsRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface HttpsResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** The largest answer that is read, in bytes. A page of a list has at most some thousand objects. */
const LARGEST_ANSWER = 32 * 1024 ** 2;

/** What the network says when it may be different the next time. */
const PASSING = [
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
];
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME|^ERR_TLS|^EPROTO$|^ERR_SSL/;

/** Where an API is served. */
export interface Server {
  readonly address: string;
  readonly port: number;
  /** Authorities to trust, PEM. */
  readonly caCertificate?: string | undefined;
}

/** TLS to one server. The certificate is always verified, whatever the environment says. */
export class Connection {
  private readonly agent: Agent;
  private readonly host: string;

  constructor(
    private readonly server: Server,
    /** Milliseconds for one request, from the connection to the last byte. */
    private readonly deadline: number,
    /** Setting that describes the server, for errors. */
    private readonly setting: string,
  ) {
    const { address, port, caCertificate } = server;
    this.host = `${address}:${port}`;
    this.agent = new Agent({
      keepAlive: true,
      maxSockets: 1,
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      ...(caCertificate === undefined ? {} : { ca: caCertificate }),
    });
  }

  close(): void {
    this.agent.destroy();
  }

  send({ method, path, headers, body }: HttpsRequest): Promise<HttpsResponse> {
    const { address: host, port } = this.server;
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => {
        clearTimeout(timer);
        reject(error instanceof ApiError ? error : connectionError(this.host, this.setting, error));
      };
      const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
      const call = request(
        { host, port, method, path, headers: { ...headers, ...length }, agent: this.agent },
        (response) => {
          const parts: Buffer[] = [];
          let size = 0;
          response.on("error", failed);
          response.on("data", (part: Buffer) => {
            parts.push(part);
            size += part.length;
            if (size > LARGEST_ANSWER)
              call.destroy(new ApiError("refused", `${this.host} answers without end`));
          });
          response.on("end", () => {
            clearTimeout(timer);
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: Buffer.concat(parts).toString("utf8"),
            });
          });
        },
      );
      const timer = setTimeout(() => {
        call.destroy(
          new ApiError("unreachable", `${this.host} gave no answer within ${this.deadline / 1000} s`),
        );
      }, this.deadline);
      call.on("error", failed);
      call.end(body);
    });
  }
}

function connectionError(
  host: string,
  setting: string,
  { code = "unknown error" }: NodeJS.ErrnoException,
): ApiError {
  if (PASSING.includes(code)) return new ApiError("unreachable", `no connection to ${host}: ${code}`);
  if (CERTIFICATE.test(code))
    return new ApiError(
      "certificate",
      `the certificate of ${host} is not trusted: ${code}; give the authority that signed it in ${setting}.caCertificate, ` +
        `and the name that the certificate is for in ${setting}.address`,
    );
  return new ApiError("refused", `no connection to ${host}: ${code}`);
}
