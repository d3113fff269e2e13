import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const STARTED = /Starting s3 server on \[(https:\/\/[0-9.]+:\d+)/;

/** Where a store listens. */
export interface StorePlace {
  readonly address: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Name that its certificate is for, beside the address. @default none */
  readonly name?: string;
  /** Process whose network it listens in. @default this one's */
  readonly network?: number;
}

/** An object store with the API of S3, over TLS, that verifies signatures; its buckets are folders. */
export class ObjectStore {
  private constructor(
    readonly address: string,
    /** Certificate by which it is known. */
    readonly authority: string,
    private readonly child: ChildProcess,
  ) {}

  /**
   * @param folder empty; holds its key and its buckets
   * @param key access key and secret key
   * @param place loopback and a free port, if nothing else is said
   */
  static async start(
    program: string,
    folder: string,
    bucket: string,
    key: readonly [access: string, secret: string],
    place: StorePlace = { address: "127.0.0.1", port: 0 },
  ): Promise<ObjectStore> {
    const buckets = join(folder, "buckets");
    mkdirSync(join(buckets, bucket), { recursive: true });
    const [certificate, secret] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
    const names = [`IP:${place.address}`, ...(place.name === undefined ? [] : [`DNS:${place.name}`])];
    const subject = ["-subj", `/CN=${place.address}`, "-addext", `subjectAltName=${names.join(",")}`];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const files = ["-keyout", secret, "-out", certificate];
    const made = spawnSync("openssl", ["req", "-x509", ...kind, ...subject, ...files], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
    const options = [
      "--addr",
      `${place.address}:${place.port}`,
      "--auth-key",
      key.join(","),
      "--cert",
      certificate,
      "--key",
      secret,
    ];
    const enter = place.network === undefined ? [] : ["nsenter", `--net=/proc/${place.network}/ns/net`];
    // It ends with whoever started it, however that ends.
    const argv = ["--pdeathsig", "KILL", "--", ...enter, program, "serve", "s3", ...options, buckets];
    const child = spawn("setpriv", argv, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env["PATH"], HOME: folder },
    });
    const address = await new Promise<string>((resolve, reject) => {
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const found = STARTED.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once("error", reject);
      child.once("close", (code) => reject(new Error(`ended with ${code ?? "a signal"}: ${said}`)));
    });
    return new ObjectStore(address, certificate, child);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }
}
