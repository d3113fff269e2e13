import { join } from "node:path";
import type { Login } from "../../../components/access/index.js";
import { LineProcess } from "./line-process.js";

/** A login from an address of the client's network to one of the server's. */
export interface Attempt {
  readonly from: string;
  readonly to: string;
  readonly login: Login;
}

/** What a client knows: it is always the right password, and the right certificate where one is shown. */
export interface Credentials {
  /** PEM. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  /** Name in the server's certificate. */
  readonly server: string;
  /** Of every role. */
  readonly password: string;
}

export const ACCEPTED = "accepted";

/** One process that logs in from one network, with the driver that the product uses. */
export class Connector {
  private readonly program: LineProcess;

  /** @param net process that holds the network */
  constructor(net: number, credentials: Credentials) {
    this.program = new LineProcess(net, [process.execPath, "--import", "tsx", join(__dirname, "connect.ts")]);
    this.program.tell(credentials);
  }

  /**
   * @returns what the server said to each: "accepted", or why it was rejected
   * @throws Error when one was neither let in nor rejected by pg_hba.conf
   */
  async attempt(all: readonly Attempt[]): Promise<readonly string[]> {
    const outcomes = JSON.parse(await this.program.ask(all)) as string[];
    outcomes.forEach((outcome, i) => {
      if (outcome !== ACCEPTED && !outcome.startsWith("rejected: "))
        throw new Error(`${JSON.stringify(all[i])} ended otherwise: ${outcome}`);
    });
    return outcomes;
  }

  close(): Promise<void> {
    return this.program.close();
  }
}
