import { parseBody, type Answer, type Fields } from "../common/answers.js";
import { badRequest, notFound, NsxRefusal } from "./answers.js";
import { replaceTags } from "./inventory.js";
import type { Kind } from "./kinds.js";
import type { Manager } from "./manager.js";

/** A call to the Policy API that was let in. */
export interface Call {
  readonly method: string;
  /** Below `/policy/api/v1`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

const ID = "[^/&]+";
const FOLDERS: readonly (readonly [RegExp, Kind])[] = [
  [new RegExp(`^/infra/services$`), "Service"],
  [new RegExp(`^/infra/domains/(${ID})/groups$`), "Group"],
  [new RegExp(`^/infra/domains/(${ID})/security-policies$`), "SecurityPolicy"],
  [new RegExp(`^/infra/domains/(${ID})/security-policies/${ID}/rules$`), "Rule"],
];

/** Does what a call asks, or throws a Refusal. */
export function answerCall(manager: Manager, call: Call): Answer {
  const { method, path, query } = call;
  if (path === "/infra") {
    if (method !== "PATCH") throw new NsxRefusal(405, `${method} is not supported for ${path}`);
    allowed(query, ["enforce_revision_check"]);
    manager.patchInfra(json(call.body), query.get("enforce_revision_check") === "true");
    return { status: 200 };
  }
  if (path.startsWith("/infra/realized-state/")) return realizedState(manager, call);
  if (path.startsWith("/infra/tags/tag-operations/")) return tagOperation(manager, call);
  if (path === "/search/query") return search(manager, call);
  return intentObject(manager, call);
}

function realizedState(manager: Manager, call: Call): Answer {
  const { realization, inventory, intent } = manager;
  const { method, path, query } = call;
  const topic = path.slice("/infra/realized-state/".length);
  const paged = (all: readonly Fields[]): Answer => manager.page(all, query.get("cursor"));
  if (topic === "status" && method === "GET") {
    allowed(query, ["intent_path", "include_enforced_status", "site_path"]);
    return realization.status(query.get("intent_path"), (one) => intent.has(one));
  }
  if (topic === "alarms" && method === "GET") return paged(realization.alarms());
  if (topic === "virtual-machines" && method === "GET") return paged(inventory.list());
  if (/^enforcement-points\/[^/]+\/virtual-machines$/.test(topic)) {
    if (method === "GET") return paged(inventory.list());
    if (method === "POST" && query.get("action") === "update_tags")
      return replaceTags(inventory, json(call.body));
  }
  throw notFound(path);
}

function tagOperation({ inventory }: Manager, { method, path, body }: Call): Answer {
  const [id = "", status] = path.slice("/infra/tags/tag-operations/".length).split("/");
  if (status === "status" && method === "GET") return inventory.status(id);
  if (status !== undefined) throw notFound(path);
  if (method === "PUT") return inventory.start(id, json(body));
  if (method === "GET") return inventory.operation(id);
  throw new NsxRefusal(405, `${method} is not supported for ${path}`);
}

/** Terms `field:value` with AND between them; `tags.scope` and `tags.tag` look into tags. */
function search(manager: Manager, { method, path, query }: Call): Answer {
  if (method !== "GET") throw new NsxRefusal(405, `${method} is not supported for ${path}`);
  const terms = (query.get("query") ?? "").split(/\s+AND\s+/).map((term) => {
    const [field = "", ...value] = term.split(":");
    if (field === "" || value.length === 0) throw badRequest(`the query ${term} is not understood`);
    return { field, value: value.join(":").replace(/^"(.*)"$/, "$1") };
  });
  const found = [...manager.intent.keys()]
    .map((one) => manager.read(one))
    .filter((object) =>
      terms.every(({ field, value }) => {
        const [, inTag] = /^tags\.(scope|tag)$/.exec(field) ?? [];
        return inTag === undefined
          ? String(object[field]) === value
          : ((object["tags"] ?? []) as Fields[]).some((tag) => tag[inTag] === value);
      }),
    );
  return manager.page(found, query.get("cursor"));
}

function intentObject(manager: Manager, { method, path, query, body }: Call): Answer {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const asList = kindOf(manager, path);
  if (asList !== undefined) {
    if (method !== "GET") throw new NsxRefusal(405, `${method} is not supported for ${path}`);
    allowed(query, ["cursor", "page_size", "sort_by", "sort_ascending", "included_fields"]);
    const owner = folder.includes("/security-policies/") ? folder : undefined;
    if (owner !== undefined && !manager.intent.has(owner)) throw notFound(owner);
    return manager.list(path, query.get("cursor"));
  }
  const kind = kindOf(manager, folder);
  if (kind === undefined) throw notFound(path);
  switch (method) {
    case "GET":
      return { status: 200, body: manager.read(path) };
    case "PUT":
      return manager.put(kind, path, json(body));
    case "PATCH":
      manager.patch(kind, path, json(body));
      return { status: 200 };
    case "DELETE":
      manager.remove(path);
      return { status: 200 };
    default:
      throw new NsxRefusal(405, `${method} is not supported for ${path}`);
  }
}

/** The kind of objects in a folder. */
function kindOf({ domains }: Manager, folder: string): Kind | undefined {
  for (const [pattern, kind] of FOLDERS) {
    const found = pattern.exec(folder);
    if (found !== null) return found[1] === undefined || domains.includes(found[1]) ? kind : undefined;
  }
  return undefined;
}

function allowed(query: URLSearchParams, names: readonly string[]): void {
  const unknown = [...query.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) throw badRequest(`unknown parameter ${unknown}`);
}

function json(body: string): unknown {
  const value = parseBody(body);
  if (value === undefined) throw badRequest("the body is not JSON");
  return value;
}
