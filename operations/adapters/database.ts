import type { Database, GuestAgent } from "../ports/index.js";

const FIELD = "\x1f";
/** Ends a record. With any other sign psql would end the last one of each statement with a line feed. */
const RECORD = "\0";

/** SQL by psql in the guest, as the operating system's postgres account mapped to a role; the statement goes by its input. */
export function guestDatabase(agent: GuestAgent, role: string): Database {
  return {
    async query(sql, { database = "postgres", timeout = 180, goOn = false, verbatim = false } = {}) {
      const stop = `ON_ERROR_STOP=${goOn ? 0 : 1}`;
      const psql = ["psql", "-X", "-q", "-A", "-t", "-v", stop, "-F", FIELD, "-0"];
      const result = await agent.run(
        [
          "runuser",
          "-u",
          "postgres",
          "--",
          "env",
          "PGOPTIONS=-c statement_timeout=0",
          ...psql,
          "-U",
          role,
          "-d",
          database,
          // In its input psql finds commands of its own, such as one that runs a program; here only as the first sign.
          ...(verbatim ? ["-c", ` ${sql}`] : []),
        ],
        { ...(verbatim ? {} : { input: sql }), timeout },
      );
      const text = result.stdout.replace(/\0$/, "");
      return text === "" ? [] : text.split(RECORD).map((record) => record.split(FIELD));
    },
  };
}
