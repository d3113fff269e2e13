/** An XML element as data; `compose` writes it. Attribute order is the order of the keys. */
export interface XmlElement {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly (XmlElement | string)[];
}

/** Makes an element. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (XmlElement | string)[]
): XmlElement {
  return { name, attributes, children };
}

/** Escapes text for element content and double-quoted attributes. */
export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Writes an element, indented by two spaces a level. */
export function compose({ name, attributes = {}, children = [] }: XmlElement, depth = 0): string {
  const indent = "  ".repeat(depth);
  const head = [
    name,
    ...Object.entries(attributes).map(([key, value]) => `${key}="${escapeXml(value)}"`),
  ].join(" ");
  if (children.length === 0) return `${indent}<${head}/>\n`;
  if (children.every((child) => typeof child === "string"))
    return `${indent}<${head}>${escapeXml(children.join(""))}</${name}>\n`;
  const inner = children.map((child) =>
    typeof child === "string" ? `${indent}  ${escapeXml(child)}\n` : compose(child, depth + 1),
  );
  return `${indent}<${head}>\n${inner.join("")}${indent}</${name}>\n`;
}
