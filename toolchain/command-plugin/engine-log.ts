import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Sends lines to the engine, in order, to be shown with the resource they belong to. */
export class EngineLog {
  private client: EngineClient | undefined;
  private last: Promise<void> = Promise.resolve();

  /** @param address of the engine; undefined when the plugin was started without one. */
  constructor(address: string | undefined) {
    this.attach(address);
  }

  attach(address: string | undefined): void {
    this.client = address === undefined ? undefined : new EngineClient(address, credentials.createInsecure());
  }

  /** A line of a running command: shown as its status, and in the log of the update. */
  status(urn: string, message: string): void {
    this.send(urn, message, LogSeverity.INFO, true);
  }

  warning(urn: string, message: string): void {
    this.send(urn, message, LogSeverity.WARNING, false);
  }

  /** Resolves when everything sent so far has arrived. */
  flushed(): Promise<void> {
    return this.last;
  }

  private send(urn: string, message: string, severity: LogSeverity, ephemeral: boolean): void {
    const { client } = this;
    if (client === undefined) return;
    const request = new LogRequest()
      .setSeverity(severity)
      .setMessage(message)
      .setUrn(urn)
      .setEphemeral(ephemeral);
    // A line that cannot be shown must not fail the command that wrote it.
    this.last = this.last.then(() => new Promise((done) => client.log(request, () => done())));
  }
}
