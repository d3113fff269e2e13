import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

const CHECKOUT = join(__dirname, "..", "..");

type Properties = Record<string, unknown>;

/** What the engine learns from a call that failed. */
export interface CallError extends Error {
  readonly details: string;
  readonly metadata: grpc.Metadata;
}

/**
 * Pulumi's own server for dynamic providers, run as the engine runs it: a process of its own in the folder of a program that
 * has pgkeep among its packages, spoken to by the protocol of providers.
 */
export class DynamicServer {
  private constructor(
    private readonly folder: string,
    private readonly process: ChildProcess,
    private readonly client: ResourceProviderClient,
  ) {}

  /** @param room components whose providers it serves, such as `nsx` */
  static async start(room: string, environment: Readonly<Record<string, string>>): Promise<DynamicServer> {
    const folder = mkdtempSync(join(tmpdir(), "pgkeep-dynamic-"));
    installPackage(join(folder, "node_modules"), room);
    const server = spawn(
      process.execPath,
      [join(CHECKOUT, "node_modules", "@pulumi", "pulumi", "cmd", "dynamic-provider"), "127.0.0.1:1"],
      {
        cwd: folder,
        env: { PATH: process.env["PATH"], ...environment },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    const port = await new Promise<string>((resolve, reject) => {
      server.once("error", reject);
      server.once("exit", (code) => {
        reject(new Error(`the server ended with ${code}`));
      });
      server.stdout.once("data", (text: Buffer) => {
        resolve(text.toString("utf8").trim());
      });
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const started = new DynamicServer(folder, server, client);
    const configure = new messages.ConfigureRequest();
    configure.setArgs(Struct.fromJavaScript({}));
    await started.call("configure", configure);
    return started;
  }

  async check(
    news: Properties,
  ): Promise<{ inputs: Properties; failures: { property: string; reason: string }[] }> {
    const request = new messages.CheckRequest();
    request.setOlds(struct({}));
    request.setNews(struct(news));
    const response = await this.call<messages.CheckResponse>("check", request);
    return {
      inputs: response.getInputs()?.toJavaScript() ?? {},
      failures: response.getFailuresList().map((one) => one.toObject()),
    };
  }

  async diff(
    id: string,
    olds: Properties,
    news: Properties,
  ): Promise<{ changes: number; replaces: string[] }> {
    const request = new messages.DiffRequest();
    request.setId(id);
    request.setOlds(struct(olds));
    request.setNews(struct(news));
    const response = await this.call<messages.DiffResponse>("diff", request);
    return { changes: response.getChanges(), replaces: response.getReplacesList() };
  }

  async create(properties: Properties): Promise<{ id: string; properties: Properties }> {
    const request = new messages.CreateRequest();
    request.setProperties(struct(properties));
    const response = await this.call<messages.CreateResponse>("create", request);
    return { id: response.getId(), properties: response.getProperties()?.toJavaScript() ?? {} };
  }

  async read(id: string, properties: Properties): Promise<{ id: string; properties: Properties }> {
    const request = new messages.ReadRequest();
    request.setId(id);
    request.setProperties(struct(properties));
    const response = await this.call<messages.ReadResponse>("read", request);
    return { id: response.getId(), properties: response.getProperties()?.toJavaScript() ?? {} };
  }

  async update(id: string, olds: Properties, news: Properties): Promise<Properties> {
    const request = new messages.UpdateRequest();
    request.setId(id);
    request.setOlds(struct(olds));
    request.setNews(struct(news));
    const response = await this.call<messages.UpdateResponse>("update", request);
    return response.getProperties()?.toJavaScript() ?? {};
  }

  async delete(id: string, properties: Properties): Promise<void> {
    const request = new messages.DeleteRequest();
    request.setId(id);
    request.setProperties(struct(properties));
    await this.call("delete", request);
  }

  close(): void {
    this.client.close();
    this.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private call<T>(method: string, request: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const calls = this.client as unknown as Record<
        string,
        (request: unknown, done: (error: CallError | null, response: T) => void) => void
      >;
      calls[method]?.call(this.client, request, (error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
  }
}

/** The state that an error of a call carries, as the engine would keep it. */
export function stateIn({ metadata }: CallError): { id: string; properties: Properties } {
  const [details] = metadata.get("grpc-status-details-bin");
  const text = Buffer.from(details ?? "");
  // A Status whose one detail is an ErrorResourceInitFailed: its bytes are found by the name of its type.
  const name = "pulumirpc.ErrorResourceInitFailed";
  const start = text.indexOf(name) + name.length;
  // Any.value: field 2, length-delimited.
  let [length, shift, at] = [0, 0, start + 1];
  for (let byte = 0x80; byte & 0x80; shift += 7) {
    byte = text[at++] ?? 0;
    length |= (byte & 0x7f) << shift;
  }
  const failed = messages.ErrorResourceInitFailed.deserializeBinary(text.subarray(at, at + length));
  return { id: failed.getId(), properties: failed.getProperties()?.toJavaScript() ?? {} };
}

function struct(value: Properties): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(value)) as Record<string, never>);
}

/** A package `pgkeep` with the entry that the state names, served from this checkout's sources. */
function installPackage(modules: string, room: string): void {
  const own = join(modules, "pgkeep");
  mkdirSync(own, { recursive: true });
  symlinkSync(join(CHECKOUT, "node_modules", "@pulumi"), join(modules, "@pulumi"));
  writeFileSync(
    join(own, "package.json"),
    JSON.stringify({
      name: "pgkeep",
      version: "0.0.0",
      exports: { [`./${room}/provider`]: "./provider.js" },
    }),
  );
  writeFileSync(
    join(own, "provider.js"),
    `require(${JSON.stringify(require.resolve("tsx/cjs"))});
module.exports = require(${JSON.stringify(join(CHECKOUT, "components", room, "provider", "index.ts"))});
`,
  );
}
