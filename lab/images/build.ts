import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { aptInstall } from "../packages.js";
import { cacheDir } from "../places.js";
import { isAlive, ownIdentity, type ProcessIdentity, parseIdentity, formatIdentity } from "../processes.js";
import { type Progress, step } from "../progress.js";
import { mustRun } from "../subprocess.js";
import { debianArchive, keyringFits, sourceLines } from "./archive.js";
import { DISK_BYTES, guestFiles, guestPackages, imageKey, type ImageMajor, SUITE } from "./recipe.js";

/** The files of one guest image. */
export interface GuestImage {
  readonly major: ImageMajor;
  readonly dir: string;
  /** qcow2 v3, one ext4 file system without partition table: boot with `root=/dev/vda rw`. */
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  /** The same system as a folder, for a throw-away overlay: never write to it. */
  readonly rootfs: string;
}

/** Where the image of a version lies, built or not. */
export function imageFor(major: ImageMajor): GuestImage {
  const dir = join(cacheDir(), "images", imageKey(major));
  return {
    major,
    dir,
    disk: join(dir, "disk.qcow2"),
    kernel: join(dir, "vmlinuz"),
    initrd: join(dir, "initrd"),
    rootfs: join(dir, "rootfs"),
  };
}

/** Returns the cached image, or builds it. Two builders at once do no harm: the first to finish wins. */
export async function ensureImage(major: ImageMajor, progress: Progress): Promise<GuestImage> {
  const image = imageFor(major);
  const root = join(cacheDir(), "images");
  if (!existsSync(image.dir)) {
    mkdirSync(root, { recursive: true });
    removeAbandonedBuilds(root);
    if (process.getuid?.() !== 0) throw new Error("guest images are built as root: start this as root");
    const work = join(root, `.build-${formatIdentity(ownIdentity())}-pg${major}`);
    mkdirSync(work);
    try {
      await step(progress, `guest image PostgreSQL ${major} (Debian ${SUITE[major]})`, 100, () =>
        build(major, work, progress),
      );
      if (existsSync(image.dir)) return image;
      renameSync(work, image.dir);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  pointTo(join(root, `pg${major}`), basename(image.dir));
  utimesSync(image.dir, new Date(), new Date());
  removeOldImages(root, major, basename(image.dir), new Date());
  return image;
}

/** Images of other months or package lists go a week after they were last asked for; until then a lab may still stand on them. */
export function removeOldImages(root: string, major: ImageMajor, current: string, now: Date): void {
  for (const name of readdirSync(root)) {
    if (name === current || !name.startsWith(`pg${major}-`)) continue;
    const ageDays = (now.getTime() - statSync(join(root, name)).mtimeMs) / 86_400_000;
    if (ageDays > 7) rmSync(join(root, name), { recursive: true, force: true });
  }
}

async function build(major: ImageMajor, work: string, progress: Progress): Promise<void> {
  const archive = await debianArchive();
  if (!(await keyringFits())) await aptInstall(["debian-archive-keyring"], progress);
  if (!(await keyringFits()))
    throw new Error(
      "debian-archive-keyring is too old to verify Debian 13 packages, and apt knows no newer one: install it from Debian 13",
    );
  const { overlay, customize } = guestFiles();
  const rootfs = join(work, "rootfs");
  const options = ['Acquire::Languages "none";', 'APT::Install-Recommends "false";', ...archive.options];
  // everything below dies with this process: a killed build goes on neither working nor mounting
  await mustRun(
    "setpriv",
    [
      ...[
        "--pdeathsig",
        "KILL",
        "unshare",
        "--pid",
        "--mount",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "mmdebstrap",
      ],
      ...["--mode=root", "--variant=minbase", "--format=directory", "--quiet"],
      `--include=${guestPackages(major).join(",")}`,
      ...options.map((option) => `--aptopt=${option}`),
      ...["--dpkgopt=force-unsafe-io", `--dpkgopt=${join(overlay, "etc/dpkg/dpkg.cfg.d/pgkeep")}`],
      `--keyring=${archive.keyring}`,
      `--essential-hook=tar -C "${overlay}" --owner=0 --group=0 --mode=u=rwX,go=rX -c . | tar -C "$1" --no-overwrite-dir -x`,
      `--customize-hook=sh "${customize}" "$1"`,
      ...[SUITE[major], rootfs, "-"],
    ],
    {
      stdin: sourceLines(archive, SUITE[major]).join("\n") + "\n",
      timeoutMs: 1_800_000,
      env: { ...process.env, TMPDIR: work },
    },
  );
  progress(`guest image PostgreSQL ${major}: packages installed`);
  const raw = join(work, "disk.raw");
  await mustRun("truncate", ["-s", String(DISK_BYTES), raw]);
  await mustRun("mke2fs", ["-q", "-t", "ext4", "-L", "pgkeep-root", "-d", rootfs, raw]);
  await mustRun("qemu-img", ["convert", "-O", "qcow2", "-o", "compat=1.1", raw, join(work, "disk.qcow2")]);
  rmSync(raw);
  for (const [prefix, name] of [
    ["vmlinuz-", "vmlinuz"],
    ["initrd.img-", "initrd"],
  ] as const) {
    const found = readdirSync(join(rootfs, "boot")).filter((file) => file.startsWith(prefix));
    if (found.length !== 1 || !found[0])
      throw new Error(`expected one ${prefix}* in the guest's /boot, found ${found.length}`);
    await mustRun("cp", [join(rootfs, "boot", found[0]), join(work, name)]);
  }
  const versions = await mustRun("dpkg-query", ["--admindir", join(rootfs, "var/lib/dpkg"), "-W"]);
  writeFileSync(join(work, "packages.txt"), versions);
  // the account of QEMU reads these, whatever the umask of who built them
  for (const name of ["disk.qcow2", "vmlinuz", "initrd"]) chmodSync(join(work, name), 0o644);
  chmodSync(work, 0o755);
}

/** A build folder whose builder is gone was left by a kill: remove it. */
function removeAbandonedBuilds(root: string): void {
  for (const name of readdirSync(root)) {
    const match = /^\.build-(\d+-\d+)-pg\d+$/.exec(name);
    const builder: ProcessIdentity | undefined = match?.[1] ? parseIdentity(match[1]) : undefined;
    if (builder && !isAlive(builder)) rmSync(join(root, name), { recursive: true, force: true });
  }
}

/** `images/pg17` names the newest image for people and scripts. */
function pointTo(link: string, target: string): void {
  try {
    if (readlinkSync(link) === target) return;
  } catch {
    // no link yet
  }
  const temporary = `${link}.${process.pid}`;
  rmSync(temporary, { force: true });
  symlinkSync(target, temporary);
  renameSync(temporary, link);
}
