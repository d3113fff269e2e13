import { isIP } from "node:net";
import type { Fields } from "../common/answers.js";
import { badRequest, fieldsOf, listOf } from "./answers.js";

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  ConjunctionOperator: ["conjunction_operator"],
  IPAddressExpression: ["ip_addresses"],
  PathExpression: ["paths"],
  ExternalIDExpression: ["member_type", "external_ids"],
  Condition: ["member_type", "key", "operator", "value", "scope_operator"],
};
const OPERATORS = ["EQUALS", "NOTEQUALS", "CONTAINS", "STARTSWITH", "ENDSWITH", "IN", "NOTIN", "MATCHES"];
const EVERYWHERE = ["resource_type", "id", "display_name"];

/** A group's expression: operands with conjunctions between them, within the published limits. */
export function checkExpression(value: unknown, at: string): void {
  const parts = listOf(value, at).map((part) => fieldsOf(part, at));
  if (parts.length > 0 && parts.length % 2 === 0) throw badRequest(`${at} has an even number of parts`);
  parts.forEach((part, i) => {
    const type = String(part["resource_type"]);
    const fields = FIELDS[type];
    if (fields === undefined) throw badRequest(`${at} has a part of unknown type ${type}`);
    const unknown = Object.keys(part).find(
      (key) => ![...EVERYWHERE, ...fields].includes(key) && !key.startsWith("_"),
    );
    if (unknown !== undefined)
      throw badRequest(`Unrecognized field "${unknown}" in ${at}, not marked as ignorable`);
    if ((type === "ConjunctionOperator") !== (i % 2 === 1))
      throw badRequest(`${at} has operands and conjunctions in the wrong order`);
    checkPart(type, part, at);
  });
  const conditions = parts.filter((part) => part["resource_type"] === "Condition").length;
  if (conditions > 5) throw badRequest(`${at} has more than 5 conditions`);
  const values = parts.reduce((sum, part) => sum + valuesOf(part).length, 0);
  if (values > 500) throw badRequest(`${at} has more than 500 values`);
}

/** Policy paths that an expression names. */
export function pathsIn(expression: unknown): string[] {
  return Array.isArray(expression)
    ? (expression as Fields[]).flatMap(({ paths }) => (Array.isArray(paths) ? paths.map(String) : []))
    : [];
}

function checkPart(type: string, part: Fields, at: string): void {
  if (type === "ConjunctionOperator") {
    if (!["AND", "OR"].includes(String(part["conjunction_operator"])))
      throw badRequest(`${at} has a conjunction that is neither AND nor OR`);
    return;
  }
  if (type === "Condition") {
    if (!OPERATORS.includes(String(part["operator"]))) throw badRequest(`${at} has an unknown operator`);
    for (const key of ["member_type", "key", "value"])
      if (typeof part[key] !== "string" || part[key] === "") throw badRequest(`${at} lacks ${key}`);
    return;
  }
  const values = valuesOf(part);
  if (values.length === 0) throw badRequest(`${at} has an empty ${type}`);
  if (type !== "IPAddressExpression") return;
  const families = values.map((one) => {
    const family = familyOf(one);
    if (family === 0) throw badRequest(`${at}: ${one} is no address`);
    return family;
  });
  if (new Set(families).size > 1) throw badRequest(`${at} mixes IPv4 and IPv6`);
}

function valuesOf({ ip_addresses: addresses, paths, external_ids: ids }: Fields): string[] {
  return [addresses, paths, ids].flatMap((list) => (Array.isArray(list) ? list.map(String) : []));
}

function familyOf(value: string): number {
  const [first = "", last] = value.split("-");
  const [base = "", prefix] = first.split("/");
  if (last !== undefined && (prefix !== undefined || isIP(last) !== isIP(base))) return 0;
  if (prefix !== undefined && !(/^\d+$/.test(prefix) && Number(prefix) <= (isIP(base) === 4 ? 32 : 128)))
    return 0;
  return isIP(base);
}
