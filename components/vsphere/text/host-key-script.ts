import { HOST_KEY_INFO } from "../../postgres/index.js";

/** Takes the value of one variable out of `govc vm.info -json -e`; ends with 1 while it is not there. */
const READ_KEY = `
const info = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const found = (info.virtualMachines?.[0]?.config?.extraConfig ?? []).find(({ key }) => key === "${HOST_KEY_INFO}");
// Some releases of govc wrap values with their type.
const key = found?.value?._value ?? found?.value;
if (typeof key !== "string" || !/^ssh-ed25519 [A-Za-z0-9+\\/]{40,}=*$/.test(key)) process.exit(1);
console.log(key);
`;

/**
 * Script for an operations host: waits until a guest has told its SSH host key to vCenter, and prints it. User and password of
 * vCenter come as two lines on standard input.
 */
export function hostKeyScript({
  vcenter,
  wait,
  authorities,
}: {
  readonly vcenter: string;
  /** Longest wait in seconds. */
  readonly wait: number;
  readonly authorities?: string | undefined;
}): string {
  return `set -eu
vm=$1
IFS= read -r GOVC_USERNAME
IFS= read -r GOVC_PASSWORD
GOVC_URL=https://${vcenter}/sdk
GOVC_INSECURE=false
GOVC_PERSIST_SESSION=false
${authorities === undefined ? "" : `GOVC_TLS_CA_CERTS=${authorities}\nexport GOVC_TLS_CA_CERTS\n`}export GOVC_USERNAME GOVC_PASSWORD GOVC_URL GOVC_INSECURE GOVC_PERSIST_SESSION
end=$(($(date +%s) + ${wait}))
problem="no key was told"
while :; do
  if info=$(govc vm.info -json -e -vm.uuid "$vm" 2>&1 </dev/null); then
    if key=$(printf %s "$info" | node -e '${READ_KEY.replaceAll("'", "'\\''")}' 2>/dev/null); then
      printf '%s\\n' "$key"
      exit 0
    fi
    problem="no key was told"
  else
    problem=$info
  fi
  [ "$(date +%s)" -lt "$end" ] || break
  sleep 5
done
echo "guest $vm did not show its SSH host key in ${wait} s: $problem; look at its console and at cloud-init in it" >&2
exit 1
`;
}
