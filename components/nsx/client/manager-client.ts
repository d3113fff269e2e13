import { RestClient, type Api, type Explanation, type Query } from "../../rest/client.js";
import { credentialsFrom } from "../../rest/credentials.js";
import { reasonOfStatus, Redaction } from "../../rest/errors.js";
import { Connection } from "../../rest/https.js";
import { objectsIn, type Json, type JsonObject } from "../../rest/json.js";
import { basicLogin, SessionLogin } from "../../rest/login.js";
import { TIMING, type Timing } from "../../rest/timing.js";
import type { NsxManager } from "../manager-schema.js";
import { NsxSession } from "./session.js";

/** NSX's code for "cannot be deleted, it is referenced by other objects". */
const IN_USE = 500030;
/** NSX's code for an object that was written without the revision that it has. */
const REVISION_MISSING = 500127;

const POLICY_API: Api = {
  product: "NSX",
  base: "/policy/api/v1",
  explain: (status, body) => ({ ...explained(status, body["error_code"]), texts: textsIn(body) }),
};

/** Calls to the Policy API. All of them may be repeated: they read, or say what shall be. */
export class ManagerClient extends RestClient {
  constructor(manager: NsxManager, environment: NodeJS.ProcessEnv, timing: Timing = TIMING) {
    const redaction = new Redaction();
    const credentials = credentialsFrom(environment, manager.credentials, "NSX");
    redaction.add(credentials.password);
    redaction.add(credentials.user);
    const connection = new Connection(manager, timing.request, "manager");
    const login =
      manager.authentication === "basic"
        ? basicLogin(credentials, redaction)
        : new SessionLogin(new NsxSession(connection, manager, credentials, redaction));
    super(POLICY_API, connection, login, redaction, timing);
  }

  /** All objects of a list, page by page. */
  async list(path: string, query: Query = {}): Promise<JsonObject[]> {
    const found: JsonObject[] = [];
    for (let cursor: Json | undefined = ""; typeof cursor === "string";) {
      const page: JsonObject = (await this.get(path, cursor === "" ? query : { ...query, cursor })) ?? {};
      found.push(...objectsIn(page["results"]));
      cursor = page["cursor"] === "" ? undefined : page["cursor"];
    }
    return found;
  }

  patch(path: string, query: Query, body: JsonObject): Promise<JsonObject> {
    return this.call({ method: "PATCH", path, query, body });
  }

  put(path: string, body: JsonObject): Promise<JsonObject> {
    return this.call({ method: "PUT", path, body });
  }
}

function explained(status: number, code: Json | undefined): Pick<Explanation, "reason" | "code"> {
  if (typeof code !== "number") return { reason: reasonOfStatus(status) };
  if (code === IN_USE) return { reason: "in-use", code };
  return { reason: code === REVISION_MISSING ? "conflict" : reasonOfStatus(status), code };
}

function textsIn({
  error_message: message,
  details,
  related_errors: related,
}: JsonObject): (Json | undefined)[] {
  return [message, details, ...objectsIn(related).map(({ error_message: one }) => one)];
}
