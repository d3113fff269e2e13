import type { Context } from "../../context.js";
import type { GuestAgent } from "../../ports/index.js";

/** Seconds for a command in a guest that says nothing else: emulated or busy guests stand still for long. */
const PATIENCE = 300;

/** The same context, whose commands and statements in guests may take longer before they count as failed. */
export function patient(context: Context): Context {
  return {
    ...context,
    agent(domain, host) {
      const agent = context.agent(domain, host);
      const patientAgent: GuestAgent = {
        domain: agent.domain,
        answers: (timeout) => agent.answers(timeout),
        wait: (timeout) => agent.wait(timeout),
        run: (argv, options) => agent.run(argv, { timeout: PATIENCE, ...options }),
        write: (path, content, mode) => agent.write(path, content, mode),
      };
      return patientAgent;
    },
    database(domain, options) {
      const database = context.database(domain, options);
      return { query: (sql, settings) => database.query(sql, { timeout: PATIENCE, ...settings }) };
    },
  };
}
