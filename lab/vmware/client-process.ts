import { dnsLookup, startWritingClient } from "../../operations/adapters/writing-client.js";
import type { ClientEvent } from "../../operations/ports/index.js";

/** What a client is told first. */
export interface ClientOrder {
  readonly log: string;
  readonly password: string;
  readonly authority: string;
  readonly database: string;
  readonly user: string;
  /** Record that follows the primary, and the name server that tells it. */
  readonly record: string;
  readonly nameServer: string;
}

/** Its answer, when it is asked to end. */
export interface ClientReport {
  readonly events: readonly ClientEvent[];
}

/**
 * An application that writes rows, through every failure, to whoever the record names. It is started in the network of an application
 * client with a channel to its parent, and ends with it.
 */
process.once("message", (order: ClientOrder) => {
  const client = startWritingClient({
    ...order,
    client: "lab",
    port: 5432,
    resolve: dnsLookup(order.nameServer, 53, order.record),
    serverName: order.record,
  });
  process.once("disconnect", () => process.exit(0));
  process.once("message", () => {
    void client.stop().then(() => {
      const report: ClientReport = { events: client.events() };
      process.send?.(report, () => process.exit(0));
    });
  });
});
