import type { Injection } from "./faults.js";
import type { SeenCall, TlsServer } from "./server.js";

/** What every endpoint has that is served over TLS. */
export class ServedEndpoint {
  protected constructor(private readonly server: TlsServer) {}

  /** The authority to trust, PEM; made for this endpoint alone. */
  get authority(): string {
    return this.server.authority;
  }

  get port(): number {
    return this.server.port;
  }

  get calls(): readonly SeenCall[] {
    return this.server.calls;
  }

  /** Lets something go wrong with the next calls that match. */
  inject(injection: Injection): void {
    this.server.inject(injection);
  }

  /** Forgets faults that no call has met. */
  clearFaults(): void {
    this.server.clearFaults();
  }

  close(): Promise<void> {
    return this.server.close();
  }
}
