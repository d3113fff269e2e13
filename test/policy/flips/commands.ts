import { flip, gone, inClear, type FlipTable } from "./flip.js";

const COMMAND = /^command:/;
const REMOTE = /^command:remote:/;
const WITH_PASSWORD = " PGPASSWORD=Tr0ub4dor-and-3";

/** Commands on hosts and guests. */
export const commandFlips: FlipTable = {
  flips: [
    gone(REMOTE, ".connection.hostKey"),
    gone(REMOTE, ".connection.proxy.hostKey"),
    ...["create", "update", "delete"].map((key) =>
      flip(COMMAND, `.${key}`, "with a password", (value) => `${String(value)}${WITH_PASSWORD}`),
    ),
    inClear(COMMAND, ".connection"),
    inClear(COMMAND, ".stdin"),
  ],
  neutral: [
    {
      on: COMMAND,
      path: /\.connection\.(?:proxy\.)?(?:host|user|port|privateKey|perDialTimeout|dialErrorLimit)$/,
      why: "whom it reaches, and how long it tries",
    },
    {
      on: COMMAND,
      path: /\.(?:addPreviousOutputInEnv|logging|triggers\[\].*|environment\..*|interpreter\[\])$/,
      why: "what is kept of the output, and when it runs again",
    },
  ],
};
