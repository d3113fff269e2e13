const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL = ["", "k", "M", "G", "T", "P", "E"];
const SMALL: Readonly<Record<string, number>> = { n: 1e-9, u: 1e-6, m: 1e-3 };

/** A Kubernetes quantity such as `500m`, `2Gi` or 1.5 as a number; undefined when it is none. */
export function parseQuantity(quantity: unknown): number | undefined {
  if (typeof quantity === "number") return Number.isFinite(quantity) ? quantity : undefined;
  if (typeof quantity !== "string") return undefined;
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/.exec(quantity.trim());
  if (match === null) return undefined;
  const [, digits = "", suffix = ""] = match;
  if (/^[eE][+-]?\d/.test(suffix)) return Number(digits + suffix);
  return Number(digits) * factor(suffix);
}

function factor(suffix: string): number {
  const small = SMALL[suffix];
  if (small !== undefined) return small;
  return suffix.endsWith("i") ? 1024 ** BINARY.indexOf(suffix) : 1000 ** DECIMAL.indexOf(suffix);
}
