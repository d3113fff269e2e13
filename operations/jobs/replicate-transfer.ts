import { posix } from "node:path";
import type { Context, Host } from "../context.js";
import { OperationError } from "../errors.js";
import { HostUnreachableError } from "../ports/index.js";
import { quote } from "../quote.js";

/** A file to bring over, and how it is known to have arrived whole. */
export interface Parcel {
  readonly from: string;
  readonly to: string;
  readonly size: number;
  readonly sha256: string;
}

/** Seconds that one transfer may take at most. */
const LONGEST = 24 * 3600;
/** Seconds between two looks at how far it is. */
const LOOK = 5;

/**
 * Sends the rest of a file from one hypervisor to another over SSH: what is there already is not sent again. What arrives is compared by its
 * SHA-256; when that differs the file is sent once more as a whole.
 */
export async function send(
  context: Pick<Context, "output" | "clock">,
  source: Pick<Host, "shell">,
  target: Pick<Host, "files" | "shell">,
  parcel: Parcel,
): Promise<{ readonly sent: number }> {
  let sent = 0;
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    let have = (await target.files.size(parcel.to)) ?? 0;
    if (have > parcel.size) {
      await target.files.remove(parcel.to);
      have = 0;
    }
    if (have > 0 && have < parcel.size)
      context.output.info(`${posix.basename(parcel.to)}: going on after ${have} bytes`);
    if (have < parcel.size) await stream(context, source, target, parcel, have);
    sent += parcel.size - have;
    await target.files.sync(parcel.to);
    if (
      (await target.files.size(parcel.to)) === parcel.size &&
      (await target.files.sha256(parcel.to)) === parcel.sha256
    )
      return { sent };
    context.output.warn(`${parcel.to} did not arrive as it was sent; it is sent again`);
    await target.files.remove(parcel.to);
  }
  throw new OperationError(
    `${parcel.from} cannot be brought to ${target.shell.host}: it arrives damaged`,
    `check the memory and disks of ${source.shell.host} and ${target.shell.host}`,
  );
}

async function stream(
  { output, clock }: Pick<Context, "output" | "clock">,
  source: Pick<Host, "shell">,
  target: Pick<Host, "files" | "shell">,
  { from, to, size }: Parcel,
  offset: number,
): Promise<void> {
  // Positions standard input and then becomes ssh, so that one process does it all and dies with this one.
  const script =
    'set -e; file=$1 offset=$2; shift 2; exec < "$file"; dd of=/dev/null bs=1 skip="$offset" iflag=skip_bytes count=0 2>/dev/null; exec "$@"';
  const remote = `umask 077; exec cat >> ${quote(to)}`;
  const command = [...source.shell.sshTo(target.shell.host), remote];
  let ended = false;
  const transfer = source.shell
    .run(["sh", "-c", script, "sh", from, String(offset), ...command], { timeout: LONGEST, accept: [0, 255] })
    .finally(() => (ended = true));
  const watch = async (): Promise<void> => {
    // Bounded: the transfer ends, by its time limit at the latest.
    for (let looked = clock.monotonic(); !ended; await clock.sleep(0.1)) {
      if (clock.monotonic() - looked < LOOK) continue;
      looked = clock.monotonic();
      const have = await target.files.size(to).catch(() => undefined);
      if (have !== undefined) output.progress(posix.basename(to), have / size);
    }
  };
  const [result] = await Promise.all([transfer, watch()]);
  if (result.code === 255) throw new HostUnreachableError(target.shell.host, result.stderr);
}
