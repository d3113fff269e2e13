import { z } from "zod";
import type { DiskImages, ImageInfo, Shell } from "../ports/index.js";

/** Seconds for something that reads or writes a whole disk image. */
const LONG = 6 * 3600;

const infoSchema = z.object({
  filename: z.string(),
  format: z.string(),
  "virtual-size": z.number(),
  "actual-size": z.number().default(0),
  "backing-filename": z.string().optional(),
});

const checkSchema = z.object({ "allocated-clusters": z.number().optional() });

/** Disk images by qemu-img. Reading with -U is right here: the callers read only what is frozen. */
export function diskImages(shell: Shell): DiskImages {
  /** What is made belongs to root alone; libvirt gives QEMU access when a domain starts. */
  const make = ["sh", "-c", 'umask 077; exec "$@"', "sh", "qemu-img"];
  const image = async (args: readonly string[], timeout = 120): Promise<string> =>
    (await shell.run(["qemu-img", ...args], { timeout })).stdout;
  return {
    host: shell.host,
    async info(path): Promise<ImageInfo> {
      const info = infoSchema.parse(JSON.parse(await image(["info", "-U", "--output=json", path])));
      return {
        format: info.format,
        virtualSize: info["virtual-size"],
        actualSize: info["actual-size"],
        backing: info["backing-filename"],
      };
    },
    async chain(path) {
      const text = await image(["info", "-U", "--backing-chain", "--output=json", path]);
      return z
        .array(infoSchema)
        .parse(JSON.parse(text))
        .map((info) => ({ path: info.filename, actualSize: info["actual-size"] }));
    },
    async convert(from, to, onProgress) {
      await shell.run([...make, "convert", "-p", "-U", "-O", "qcow2", from, to], {
        timeout: LONG,
        onOutput: (text) => {
          const shares = [...text.matchAll(/\(([\d.]+)\/100%\)/g)];
          const last = shares.at(-1)?.[1];
          if (last !== undefined) onProgress?.(Number(last) / 100);
        },
      });
    },
    async compare(one, other) {
      await image(["compare", "-U", one, other], LONG);
    },
    async check(path) {
      await image(["check", "-U", path], LONG);
    },
    async written(path) {
      const alone = { driver: "qcow2", backing: null, file: { driver: "file", filename: path } };
      const argv = ["qemu-img", "check", "-U", "--output=json", `json:${JSON.stringify(alone)}`];
      // Leaks (3) and errors (2), as after a power failure, do not keep it from counting.
      const { code, stdout } = await shell.run(argv, { timeout: LONG, accept: [0, 1, 2, 3] });
      return code === 1 || (checkSchema.parse(JSON.parse(stdout))["allocated-clusters"] ?? 0) > 0;
    },
    async overlay(path, backing) {
      const options = ["-f", "qcow2", "-o", "compat=1.1", "-b", backing, "-F", "qcow2"];
      await shell.run([...make, "create", "-q", ...options, path]);
    },
    async commit(path) {
      await image(["commit", "-q", "-d", path], LONG);
    },
    async rebase(path, backing) {
      await image(["rebase", "-q", "-u", "-b", backing, "-F", "qcow2", path]);
    },
  };
}
