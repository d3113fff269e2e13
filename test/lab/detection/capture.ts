/*
 * Writes captures of system calls in the form that Falco's libraries of 2022 read (scap 1.2): a pcap-ng file with blocks of its own
 * for the machine, the processes and each event. Numbers of blocks and events are those of libfalcosecurity0-dev 0.1.1dev
 * (scap_savefile.h, ppm_events_public.h); parameters those of its event table.
 */

const BLOCK = {
  section: 0x0a0d0d0a,
  machine: 0x201,
  processes: 0x215,
  event: 0x216,
  largeEvent: 0x221,
} as const;

/** Numbers of events; an event that begins has an even one, its end the next. */
export const EVENT = {
  open: 2,
  read: 6,
  socket: 18,
  connect: 22,
  accept: 246,
  accept4: 248,
  execve: 292,
  openat: 306,
  container: 324,
  openat2: 326,
  execveat: 330,
} as const;

const u8 = (value: number): Buffer => Buffer.from([value]);
const u16 = (value: number): Buffer => {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value);
  return buffer;
};
const u32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value >>> 0);
  return buffer;
};
const i64 = (value: number): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64LE(BigInt(value));
  return buffer;
};
/** A text with its length before it. */
const counted = (text: string): Buffer => {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([u16(bytes.length), bytes]);
};
/** A text that ends in a zero. */
const text = (value: string): Buffer => Buffer.from(`${value}\0`, "latin1");
const listed = (values: readonly string[]): string => values.map((value) => `${value}\0`).join("");

function block(type: number, body: Buffer): Buffer {
  const padding = Buffer.alloc((4 - (body.length % 4)) % 4);
  const length = u32(8 + body.length + padding.length + 4);
  return Buffer.concat([u32(type), length, body, padding, length]);
}

/** A process that was there before the first event, or that one begins. */
export interface Process {
  /** Name as the kernel keeps it: 15 bytes at most. */
  readonly comm: string;
  /** Path of the program. */
  readonly exe: string;
  /** Arguments without the program. */
  readonly args: readonly string[];
}

/** An end of a connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export class Capture {
  readonly #processes: Buffer[] = [];
  readonly #events: Buffer[] = [];
  #thread = 100;

  constructor() {
    this.#addProcess(1, 0, { comm: "systemd", exe: "/sbin/init", args: [] }, "");
  }

  /** Makes a container known. @returns its control group, by which processes belong to it */
  container(id: string, repository: string, tag: string): string {
    const container = {
      id: id.slice(0, 12),
      type: 0,
      name: id.slice(0, 4),
      image: `${repository}:${tag}`,
      imageid: "b".repeat(64),
      imagerepo: repository,
      imagetag: tag,
      imagedigest: "",
      privileged: false,
      is_pod_sandbox: false,
      Mounts: [],
    };
    this.#event(1, EVENT.container, [text(JSON.stringify({ container }))], true);
    return `memory=/docker/${id}`;
  }

  /** A process with its parent. @returns its number, and that of its parent */
  process(process: Process, parent: Process, cgroup: string): readonly [thread: number, parent: number] {
    const of = this.#addProcess(undefined, 1, parent, cgroup);
    return [this.#addProcess(undefined, of, process, cgroup), of];
  }

  #addProcess(number: number | undefined, parent: number, process: Process, cgroup: string): number {
    const thread = number ?? ++this.#thread;
    const zero = u32(0);
    const body = Buffer.concat([
      ...[thread, thread, parent, 1, thread].map(i64),
      counted(process.comm),
      counted(process.exe),
      counted(process.exe),
      counted(listed(process.args)),
      counted("/"),
      i64(1024),
      ...[zero, u32(10_001), u32(10_001), zero, zero, zero],
      ...[i64(0), i64(0)],
      counted(""),
      ...[i64(thread), i64(thread)],
      counted(cgroup === "" ? "" : `${cgroup}\0`),
      counted("/"),
    ]);
    this.#processes.push(Buffer.concat([u32(body.length + 4), body]));
    return thread;
  }

  #event(thread: number, type: number, parameters: readonly Buffer[], large = false): number {
    const lengths = parameters.map(({ length }) => (large ? u32(length) : u16(length)));
    const body = Buffer.concat([...lengths, ...parameters]);
    const header = [
      i64(1_700_000_000_000_000_000 + this.#events.length),
      i64(thread),
      u32(26 + body.length),
      u16(type),
      u32(parameters.length),
    ];
    this.#events.push(
      block(large ? BLOCK.largeEvent : BLOCK.event, Buffer.concat([u16(0), ...header, body])),
    );
    return this.#events.length;
  }

  /** @returns the number of the event that ends it, as the engine counts */
  accept(thread: number, client: Endpoint, server: Endpoint, call: "accept" | "accept4", result = 9): number {
    this.#event(thread, EVENT[call], call === "accept4" ? [u32(0)] : []);
    const tuple = result < 0 ? Buffer.alloc(0) : tupleOf(client, server);
    const ended = this.#event(thread, EVENT[call] + 1, [i64(result), tuple, u8(0), u32(0), u32(128)]);
    // Later calls on the connection carry its addresses as well.
    this.#event(thread, EVENT.read, [i64(result), u32(4)]);
    this.#event(thread, EVENT.read + 1, [i64(4), Buffer.from("abcd")]);
    return ended;
  }

  connect(thread: number, client: Endpoint, server: Endpoint, result: number): number {
    const family = server.address.includes(":") ? 10 : 2;
    this.#event(thread, EVENT.socket, [u32(family), u32(1), u32(0)]);
    this.#event(thread, EVENT.socket + 1, [i64(8)]);
    this.#event(thread, EVENT.connect, [i64(8), addressOf(server)]);
    return this.#event(thread, EVENT.connect + 1, [i64(result), tupleOf(client, server)]);
  }

  /** A connection to a socket in the file system. */
  connectLocal(thread: number, path: string): number {
    this.#event(thread, EVENT.socket, [u32(1), u32(1), u32(0)]);
    this.#event(thread, EVENT.socket + 1, [i64(8)]);
    this.#event(thread, EVENT.connect, [i64(8), Buffer.concat([u8(1), text(path)])]);
    return this.#event(thread, EVENT.connect + 1, [
      i64(0),
      Buffer.concat([u8(1), i64(4096), i64(8192), text(path)]),
    ]);
  }

  /** @param flags 1 to read, 2 to write */
  open(thread: number, path: string, flags: number, call: "open" | "openat" | "openat2", result = 7): number {
    const here = i64(-100);
    const name = text(path);
    const [mode, device, resolve] = [u32(0o600), u32(5), u32(0)];
    const begin = { open: [], openat: [here], openat2: [here] }[call];
    const end = { open: [device], openat: [device], openat2: [resolve] }[call];
    this.#event(thread, EVENT[call], [
      ...begin,
      name,
      u32(flags),
      mode,
      ...(call === "openat2" ? [resolve] : []),
    ]);
    return this.#event(thread, EVENT[call] + 1, [i64(result), ...begin, name, u32(flags), mode, ...end]);
  }

  /** A process becomes another program. */
  execute(
    thread: number,
    parent: number,
    process: Process,
    cgroup: string,
    call: "execve" | "execveat",
    result = 0,
  ): number {
    this.#event(
      thread,
      EVENT[call],
      call === "execve" ? [text(process.exe)] : [i64(-100), text(process.exe), u32(0)],
    );
    return this.#event(thread, EVENT[call] + 1, [
      i64(result),
      text(process.exe),
      Buffer.from(listed(process.args), "latin1"),
      ...[i64(thread), i64(thread), i64(parent)],
      text("/"),
      i64(1024),
      ...[i64(0), i64(0)],
      ...[u32(0), u32(0), u32(0)],
      text(process.comm),
      text(cgroup),
      text("HOME=/"),
      u32(0),
      i64(thread),
      u32(0xffffffff),
      u32(0),
    ]);
  }

  /** The whole file. */
  bytes(): Buffer {
    const machine = Buffer.concat([u32(1), i64(2 ** 30), i64(32_768), Buffer.alloc(128), Buffer.alloc(32)]);
    return Buffer.concat([
      block(BLOCK.section, Buffer.concat([u32(0x1a2b3c4d), u16(1), u16(2), i64(-1)])),
      block(BLOCK.machine, machine),
      block(BLOCK.processes, Buffer.concat(this.#processes)),
      ...this.#events,
    ]);
  }
}

function addressBytes(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail = ""] = address.split("::");
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail)];
  const all = address.includes("::")
    ? [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
    : first;
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function tupleOf(from: Endpoint, to: Endpoint): Buffer {
  const family = to.address.includes(":") ? 10 : 2;
  const side = ({ address, port }: Endpoint): Buffer => Buffer.concat([addressBytes(address), u16(port)]);
  return Buffer.concat([u8(family), side(from), side(to)]);
}

function addressOf({ address, port }: Endpoint): Buffer {
  return Buffer.concat([u8(address.includes(":") ? 10 : 2), addressBytes(address), u16(port)]);
}
