import { compose, element, type XmlElement } from "./xml.js";

/** What replaces or completes one place of the provider's XML. */
export interface Template {
  /** XPath pattern of the place. */
  readonly match: string;
  /** Elements that stand there afterwards, literally; absent: the place goes. */
  readonly replace?: readonly XmlElement[];
  /** Attributes set on the place, which otherwise stays. */
  readonly set?: Readonly<Record<string, string>>;
  /** Elements appended inside the place, which otherwise stays. */
  readonly append?: readonly XmlElement[];
  /** Elements that follow the place, which otherwise stays. */
  readonly after?: readonly XmlElement[];
}

/** Braces mean an expression in attributes of a style sheet; doubled they are themselves. */
function literal({ name, attributes = {}, children = [] }: XmlElement): XmlElement {
  return {
    name,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, value.replaceAll(/[{}]/g, "$&$&")]),
    ),
    children: children.map((child) => (typeof child === "string" ? child : literal(child))),
  };
}

const copyRest = element("xsl:apply-templates", { select: "@*|node()" });

function template({ match, replace, set = {}, append = [], after = [] }: Template): XmlElement {
  if (after.length > 0)
    return element("xsl:template", { match }, element("xsl:copy", {}, copyRest), ...after.map(literal));
  if (Object.keys(set).length === 0 && append.length === 0)
    return element("xsl:template", { match }, ...(replace ?? []).map(literal));
  const attributes = Object.entries(set).map(([name, value]) => element("xsl:attribute", { name }, value));
  return element(
    "xsl:template",
    { match },
    element(
      "xsl:copy",
      {},
      // Attributes first: XSLT refuses one after a child.
      element("xsl:apply-templates", { select: "@*" }),
      ...attributes,
      element("xsl:apply-templates", { select: "node()" }),
      ...append.map(literal),
    ),
  );
}

/**
 * The style sheet that the provider runs over its own XML before libvirt sees it. The same templates give the same text
 * to the letter, because any difference replaces the resource.
 */
export function styleSheet(templates: readonly Template[]): string {
  return compose(
    element(
      "xsl:stylesheet",
      { version: "1.0", "xmlns:xsl": "http://www.w3.org/1999/XSL/Transform" },
      element("xsl:output", { "omit-xml-declaration": "yes", indent: "yes" }),
      element("xsl:template", { match: "@*|node()" }, element("xsl:copy", {}, copyRest)),
      ...templates.map(template),
    ),
  );
}
