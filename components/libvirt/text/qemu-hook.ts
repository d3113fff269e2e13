import { FENCE } from "../../recovery/index.js";

/** libvirt's hook: a domain that bears the mark does not start, whoever asks. libvirt gives its definition on stdin. */
export function qemuHook(): string {
  return `#!/bin/sh
# pgkeep: refuses to start a fenced domain. Arguments: domain, operation, phase, extra; the definition on stdin.
case "\${2-}" in
prepare | migrate | restore) ;;
*) exit 0 ;;
esac
if tr '\\n' ' ' | grep -qE '${FENCE.uri.replaceAll(".", "\\.")}[^>]*fenced=.yes'; then
  echo "domain $1 is fenced: a failover has taken its place; bring it back with pgkeep failback" >&2
  exit 1
fi
exit 0
`;
}
