import type { Fields } from "../common/answers.js";
import { badRequest, fieldsOf, listOf } from "./answers.js";
import type { Draft } from "./intent.js";
import type { Kind } from "./kinds.js";

/** What may stand below what, and where it lies. */
const CHILDREN: Readonly<Record<"Infra" | "Domain" | Kind, Readonly<Record<string, string>>>> = {
  Infra: { Service: "services" },
  Domain: { Group: "groups", SecurityPolicy: "security-policies" },
  SecurityPolicy: { Rule: "rules" },
  Group: {},
  Service: {},
  Rule: {},
};

/** Brings the tree of a hierarchical PATCH into a draft. */
export function applyInfra(
  draft: Draft,
  body: unknown,
  enforceRevision: boolean,
  domains: readonly string[],
): void {
  const { resource_type: type, children, ...more } = fieldsOf(body, "the body");
  if (type !== "Infra") throw badRequest("the body is not of type Infra");
  const unknown = Object.keys(more).find((key) => key !== "id" && !key.startsWith("_"));
  if (unknown !== undefined)
    throw badRequest(`Unrecognized field "${unknown}" in Infra, not marked as ignorable`);
  const revision = enforceRevision ? "hierarchical" : "none";
  for (const child of listOf(children ?? [], "children")) {
    const fields = fieldsOf(child, "a child");
    if (fields["resource_type"] === "ChildResourceReference") applyDomain(draft, fields, revision, domains);
    else applyChild(draft, "Infra", "/infra", fields, revision);
  }
}

function applyDomain(
  draft: Draft,
  { id, target_type: type, children, resource_type: _type, ...more }: Fields,
  revision: "none" | "hierarchical",
  domains: readonly string[],
): void {
  if (Object.keys(more).length > 0) throw badRequest("ChildResourceReference has unknown fields");
  if (type !== "Domain" || typeof id !== "string" || !domains.includes(id))
    throw badRequest(`${String(type)} ${String(id)} does not exist`);
  for (const child of listOf(children ?? [], "children"))
    applyChild(draft, "Domain", `/infra/domains/${id}`, fieldsOf(child, "a child"), revision);
}

function applyChild(
  draft: Draft,
  parent: keyof typeof CHILDREN,
  at: string,
  wrapper: Fields,
  revision: "none" | "hierarchical",
): void {
  const kind = String(wrapper["resource_type"]).replace(/^Child/, "") as Kind;
  const folder = CHILDREN[parent][kind];
  if (folder === undefined || wrapper["resource_type"] !== `Child${kind}`)
    throw badRequest(`${String(wrapper["resource_type"])} cannot stand below ${parent}`);
  const { resource_type: _type, marked_for_delete: gone, [kind]: value, ...more } = wrapper;
  if (Object.keys(more).some((key) => !key.startsWith("_")))
    throw badRequest(`Child${kind} has unknown fields`);
  const object = fieldsOf(value, kind);
  const id = object["id"];
  if (typeof id !== "string" || id === "" || /[/&]/.test(id)) throw badRequest(`${kind} has no usable id`);
  const path = `${at}/${folder}/${id}`;
  if (gone === true) {
    draft.remove(path, object["_revision"], revision);
    return;
  }
  draft.write(kind, path, object, revision);
  for (const child of listOf(object["children"] ?? [], "children"))
    applyChild(draft, kind, path, fieldsOf(child, "a child"), revision);
}
