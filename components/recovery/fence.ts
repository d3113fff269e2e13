/**
 * Fencing as every room sees it: who asks, what marks a fenced domain, and where the answer comes from.
 *
 * A candidate asks the old primary's hypervisor over SSH as `account`, whose key is bound to HOST_PATHS.fenceCommand; the
 * command powers the domain off, marks it and switches autostart off. The hook refuses every start of a marked domain,
 * whoever asks, until `pgkeep failback` removes the mark.
 */
export const FENCE = {
  /** Account on each hypervisor; may do nothing but fence the members declared there. */
  account: "pgkeep-fence",
  /** Key of the domain's metadata that holds the mark. */
  key: "fenced",
  /** Name space of the mark. */
  uri: "https://pgkeep.example/xmlns/domain/1/fenced",
  /** Prefix that libvirt writes before the element. */
  prefix: "pgkeep-fenced",
  /** The mark. */
  mark: "<state fenced='yes'/>",
} as const;
