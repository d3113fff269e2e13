import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Ack, ClientEvent } from "../../ports/index.js";

const moments = { sequence: z.int(), sent: z.number() };
const line = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ack"), ...moments, acked: z.number(), server: z.string() }),
  z.object({ kind: z.literal("fail"), ...moments, at: z.number(), reason: z.string() }),
]);

/** Reads a client's log: one JSON a line. A last line that a kill cut short is left out; it was never acknowledged to anyone. */
export function parseClientLog(text: string): readonly ClientEvent[] {
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  const events = lines.filter((entry) => entry !== "").map((entry) => line.parse(JSON.parse(entry)));
  if (last === "") return events;
  try {
    return [...events, line.parse(JSON.parse(last))];
  } catch {
    return events;
  }
}

/** Reads a client's log file. */
export function readClientLog(path: string): readonly ClientEvent[] {
  return parseClientLog(readFileSync(path, "utf8"));
}

export function acksOf(events: readonly ClientEvent[]): readonly Ack[] {
  return events.filter((event) => event.kind === "ack");
}
