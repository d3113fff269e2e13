const NAME = "kubernetes.io/metadata.name";

/** Selects everything. */
export const ALL = {};
/** Pods by name. */
export const labelled = (pod: string): object => ({ matchLabels: { pod } });
/** The same as an expression. */
export const podsNamed = (...values: string[]): object => ({
  matchExpressions: [{ key: "pod", operator: "In", values }],
});
/** A namespace by name. */
export const space = (name: string): object => ({ matchLabels: { [NAME]: name } });
/** The same as an expression. */
export const spaces = (operator: "In" | "NotIn", ...values: string[]): object => ({
  matchExpressions: [{ key: NAME, operator, values }],
});
/** Pod a. */
export const A = labelled("a");
/** A block of addresses as a peer. */
export const only = (cidr: string): object => ({ ipBlock: { cidr } });
