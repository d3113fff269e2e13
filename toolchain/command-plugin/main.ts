/**
 * `pulumi-resource-command`: a plugin with the tokens of the published command provider, for sites where that
 * one cannot be had. The engine starts it with its own address and reads the port from the first line.
 */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { EngineLog } from "./engine-log.js";
import { ProviderServer } from "./server.js";

/** The largest message that the engine sends or takes. Bytes. */
const LARGEST_MESSAGE = 400 * 1024 * 1024;

function main(): void {
  // The engine tells the plugin when to stop; a Ctrl-C at its terminal is the engine's to handle.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => process.exit(0));
  // The starting script gives the version, the engine its options and address.
  const [version = "0.0.0", ...rest] = process.argv.slice(2);
  const address = rest.find((argument) => !argument.startsWith("-"));
  const server = new Server({
    "grpc.max_receive_message_length": LARGEST_MESSAGE,
    "grpc.max_send_message_length": LARGEST_MESSAGE,
  });
  server.addService(
    ResourceProviderService,
    new ProviderServer(version, new EngineLog(address)).implementation(),
  );
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) {
      process.stderr.write(`the plugin cannot listen: ${error.message}\n`);
      process.exit(1);
    }
    process.stdout.write(`${port}\n`);
  });
}

main();
