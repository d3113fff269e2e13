import { join } from "node:path";
import type { Packet } from "../../../components/access/index.js";
import { LineProcess } from "./line-process.js";

/** A packet under a number that no other packet of the run has: by it observers tell packets apart. */
export interface Sent {
  /** 32768 to 60999. */
  readonly id: number;
  readonly packet: Packet;
}

const FIRST = 32_768;
const LAST = 60_999;
let last = FIRST - 1;

/** Gives a packet its number. Connection tracking remembers old ones, so none is given twice in a run of tests. */
export function numbered(packet: Packet): Sent {
  if (last >= LAST) throw new Error("a run of tests has numbers for 28,232 packets");
  return { id: ++last, packet };
}

/** One process that sends packets from one network. */
export class Sender {
  private readonly program: LineProcess;

  /** @param net process that holds the network */
  constructor(net: number) {
    this.program = new LineProcess(net, ["/usr/bin/python3", join(__dirname, "sender.py")]);
  }

  /** Sends the first packet of each connection. */
  async send(all: readonly Sent[]): Promise<void> {
    const send = all.map(({ id, packet: { from, to, protocol, port } }) => {
      return { id, from: from.address, to: to.address, protocol, port };
    });
    await this.program.ask({ send });
  }

  /**
   * Closes all connections.
   *
   * @param expected those whose refusal by the called side's closed port is waited for
   * @returns all that were refused so
   */
  async answers(expected: readonly number[]): Promise<readonly number[]> {
    const { answered } = JSON.parse(await this.program.ask({ answers: expected })) as { answered: number[] };
    return answered;
  }

  close(): Promise<void> {
    return this.program.close();
  }
}
