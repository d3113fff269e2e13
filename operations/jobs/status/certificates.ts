import { X509Certificate } from "node:crypto";
import { GUEST_PATHS } from "../../../components/postgres/layout.js";
import type { Context } from "../../context.js";
import { messageOf } from "../../errors.js";
import { certificatesIn } from "../../secrets/pem.js";

const DAY = 86_400_000;
/** Days before its end from which on a certificate is a problem. */
const NOTICE = 30;

/** Certificates that end soon, of guests whose agent answers; each guest has its own and trusts an authority or two. */
export async function certificateProblems(
  context: Pick<Context, "agent" | "clock">,
  guests: readonly string[],
): Promise<readonly string[]> {
  const now = context.clock.now().getTime();
  const found = await Promise.all(
    guests.map(async (guest) => {
      try {
        const agent = context.agent(guest);
        const { stdout } = await agent.run(["cat", GUEST_PATHS.certificate, GUEST_PATHS.authority]);
        const ends = certificatesIn(stdout).map((text) => Date.parse(new X509Certificate(text).validTo));
        const days = Math.floor((Math.min(...ends) - now) / DAY);
        if (days >= NOTICE) return [];
        const when = days < 0 ? "has ended" : `ends in ${days} days`;
        return [`${guest}: a certificate ${when}; renew it: docs/security.md, "Renewal"`];
      } catch (error) {
        return [`${guest}: its certificates cannot be seen: ${messageOf(error)}`];
      }
    }),
  );
  return found.flat();
}
