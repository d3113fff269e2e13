import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";

const TYPES = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  databaseConfig: "application/vnd.aquasec.trivy.config.v1+json",
  database: "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip",
} as const;

const digestOf = (content: Buffer | string): string =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;

/** A registry of images on loopback, for reading: the part of the OCI distribution API that a client pulls by. */
export class Registry {
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, Buffer>();
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];

  private constructor(
    readonly address: string,
    private readonly server: Server,
    private readonly login: string | undefined,
  ) {}

  /** @param login `name:password` that every request must carry; @default none */
  static async start(login?: string): Promise<Registry> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const registry = new Registry(`127.0.0.1:${(server.address() as AddressInfo).port}`, server, login);
    server.on("request", (request: IncomingMessage, response: ServerResponse) =>
      registry.#answer(request, response),
    );
    return registry;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  #answer({ url = "", headers, method }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(url);
    const expected =
      this.login === undefined ? undefined : `Basic ${Buffer.from(this.login).toString("base64")}`;
    if (expected !== undefined && headers.authorization !== expected) {
      response.writeHead(401, { "WWW-Authenticate": 'Basic realm="test"' }).end();
      return;
    }
    const [, name, kind, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
    const content =
      kind === "manifests" ? this.#manifests.get(`${name}/${reference}`) : this.#blobs.get(reference);
    if (url === "/v2/") response.writeHead(200).end();
    else if (content === undefined) response.writeHead(404).end();
    else {
      response.writeHead(200, {
        "Content-Type": kind === "manifests" ? TYPES.manifest : "application/octet-stream",
        "Content-Length": content.length,
        "Docker-Content-Digest": digestOf(content),
      });
      response.end(method === "HEAD" ? undefined : content);
    }
  }

  #blob(content: Buffer, mediaType: string): { mediaType: string; digest: string; size: number } {
    const digest = digestOf(content);
    this.#blobs.set(digest, content);
    return { mediaType, digest, size: content.length };
  }

  #manifest(name: string, tag: string, config: object, layer: object): string {
    const content = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: TYPES.manifest, config, layers: [layer] }),
    );
    const digest = digestOf(content);
    this.#manifests.set(`${name}/${tag}`, content).set(`${name}/${digest}`, content);
    return `${this.address}/${name}:${tag}@${digest}`;
  }

  /** Puts an image of one layer there. @returns its reference by version and digest */
  image(name: string, tag: string, files: Readonly<Record<string, string>>): string {
    const layer = archive(files);
    const config = {
      architecture: "amd64",
      os: "linux",
      config: {},
      rootfs: { type: "layers", diff_ids: [digestOf(gunzipSync(layer))] },
      history: [{ created: "2026-01-01T00:00:00Z" }],
    };
    const described = this.#blob(Buffer.from(JSON.stringify(config)), TYPES.config);
    return this.#manifest(name, tag, described, this.#blob(layer, TYPES.layer));
  }

  /** Puts a database of vulnerabilities there. @returns its repository */
  database(name: string, folder: string): string {
    const packed = spawnSync("tar", ["-czf", "-", "-C", folder, "trivy.db", "metadata.json"], {
      maxBuffer: 2 ** 26,
    });
    if (packed.status !== 0) throw new Error(String(packed.stderr));
    const config = this.#blob(Buffer.from("{}"), TYPES.databaseConfig);
    this.#manifest(name, "2", config, {
      ...this.#blob(packed.stdout, TYPES.database),
      annotations: { "org.opencontainers.image.title": "db.tar.gz" },
    });
    return `${this.address}/${name}:2`;
  }
}

/** A compressed archive of these files. */
function archive(files: Readonly<Record<string, string>>): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "pgkeep-layer-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const packed = spawnSync("tar", ["-czf", "-", "-C", folder, ...Object.keys(files)], {
      maxBuffer: 2 ** 26,
    });
    if (packed.status !== 0) throw new Error(String(packed.stderr));
    return packed.stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Files of a Debian with one package from a source, as an image has them. */
export function debianWith(source: string, version: string): Readonly<Record<string, string>> {
  return {
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "etc/debian_version": "12.9\n",
    "var/lib/dpkg/status": `Package: lib${source}\nStatus: install ok installed\nArchitecture: amd64\nSource: ${source}\nVersion: ${version}\nMaintainer: nobody\nDescription: x\n\n`,
  };
}
