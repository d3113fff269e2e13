import { decideLogin, type AccessModel, type Login } from "../../../components/access/index.js";
import { ADDRESSES } from "../../access/matrix/arbitrary.js";
import { DATABASES, ROLES } from "../../access/matrix/logins.js";
import type { Attempt } from "./connector.js";

/** Most logins that are tried of a file: permitted ones, those that only a rule forbids, and others. */
const TRIED = { permitted: 8, forbidden: 8, refused: 8 } as const;

const LOGINS: readonly Login[] = DATABASES.flatMap((database) =>
  ROLES.flatMap((role) =>
    [false, true].flatMap((replication) =>
      [true, false].flatMap((tls) =>
        [false, true].map((certificate): Login => ({ database, role, replication, tls, certificate })),
      ),
    ),
  ),
);

/** True when the model lets the login in. */
export function isPermitted(model: AccessModel, { from, to, login }: Attempt): boolean {
  const packet = { from: { address: from }, to: { address: to }, protocol: "tcp", port: 5432 } as const;
  return decideLogin(model, packet, login).verdict === "allow";
}

/** Logins that the model permits, those that differ from one of them in one part or that only a denial forbids, and others evenly from among the rest. */
export function attemptsOf(model: AccessModel, to: string): readonly Attempt[] {
  const all = ADDRESSES.filter((from) => from.includes(":") === to.includes(":")).flatMap((from) =>
    LOGINS.map((login): Attempt => ({ from, to, login })),
  );
  const permitted = evenly(
    all.filter((each) => isPermitted(model, each)),
    TRIED.permitted,
  );
  const near = permitted.flatMap(({ from, login }) => {
    const { tls, certificate, replication } = login;
    return [
      { tls: tls !== true },
      { certificate: certificate !== true },
      { replication: replication !== true },
    ].map((change): Attempt => ({ from, to, login: { ...login, ...change } }));
  });
  const refused = all.filter((each) => !isPermitted(model, each));
  const open = { ...model, rules: model.rules.filter(({ action }) => action === "allow") };
  const forbidden = refused.filter((each) => isPermitted(open, each));
  const chosen = [
    ...permitted,
    ...near,
    ...evenly(forbidden, TRIED.forbidden),
    ...evenly(refused, TRIED.refused),
  ];
  return [...new Map(chosen.map((each) => [JSON.stringify(each), each])).values()];
}

function evenly<T>(all: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, Math.floor(all.length / most));
  return all.filter((_, i) => i % step === 0).slice(0, most);
}
