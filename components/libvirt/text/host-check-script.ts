import type { KvmHost } from "../../declaration/index.js";

/** What a hypervisor must have. */
export interface HostRequirements {
  /** Bridges that must exist. */
  readonly bridges: readonly string[];
  /** Files that must exist: image, kernel, firmware. */
  readonly files: readonly string[];
  /** Guest image, whose virtual size must not exceed the system disk's. */
  readonly image: string;
  /** Size of the system disk in bytes. */
  readonly systemDisk: number;
  /** Programs beside those that every hypervisor needs, such as swtpm. */
  readonly programs: readonly string[];
  /** Hardware support for guests. */
  readonly kvm: boolean;
  /** People have rights through libvirt's access control, so it should be on. */
  readonly accessControl: boolean;
  /** Files that must not exist yet when the environment is made: they would be taken over. */
  readonly absent: readonly string[];
}

/** Finds everything that is wrong with a hypervisor; ends with 1 and one line a problem. Run by `sh -s -- create|update`. */
export function hostCheckScript(host: KvmHost, requirements: HostRequirements): string {
  const { bridges, files, image, systemDisk, absent, kvm, accessControl } = requirements;
  const programs = ["virsh", "qemu-img", "pgkeep", "ssh", ...requirements.programs];
  return `# pgkeep: checks a hypervisor, changes nothing
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin:/usr/local/bin"
problems=0
problem() {
  echo "${host.name}: $1" >&2
  problems=$((problems + 1))
}
for program in ${programs.join(" ")}; do
  command -v "$program" >/dev/null || problem "$program is not installed; install it on this hypervisor"
done
virsh -q -c qemu:///system version >/dev/null 2>&1 || problem "libvirt does not answer at qemu:///system; start libvirtd or virtqemud"
${kvm ? '[ -c /dev/kvm ] || problem "there is no /dev/kvm; switch virtualization on in the firmware, or declare kvm.domainType: qemu for a laboratory"\n' : ""}for bridge in ${bridges.join(" ")}; do
  [ -d "/sys/class/net/$bridge/bridge" ] || problem "bridge $bridge does not exist; make it, or correct kvm.hosts.bridges"
done
for file in ${files.join(" ")}; do
  [ -r "$file" ] || problem "$file does not exist; copy it there, or correct kvm.image or kvm.boot"
done
for family in iptables ip6tables; do
  [ "$(cat "/proc/sys/net/bridge/bridge-nf-call-$family" 2>/dev/null)" = 1 ] ||
    problem "net.bridge.bridge-nf-call-$family is not 1, so filters on bridges have no effect; load br_netfilter and set it"
done
if [ -r "${image}" ]; then
  size=$(qemu-img info -U --output=json "${image}" 2>/dev/null | sed -n 's/.*"virtual-size": *\\([0-9]*\\).*/\\1/p' | tail -n 1)
  [ -n "$size" ] || problem "${image} is not an image that qemu-img can read"
  [ "\${size:-0}" -le ${systemDisk} ] || problem "${image} needs $size bytes and the system disk has ${systemDisk}; enlarge cluster.sizing.system"
fi
if [ "$1" = create ]; then
  for file in ${absent.join(" ")}; do
    [ ! -e "$file" ] || problem "$file exists already and would be taken over; move it away"
  done
fi
${
  accessControl
    ? `grep -qsE '^[[:space:]]*access_drivers *=.*polkit' /etc/libvirt/libvirtd.conf /etc/libvirt/virtqemud.conf ||
  echo '${host.name}: note: platformRoles have no effect before access_drivers = [ "polkit" ] stands in libvirtd.conf' >&2
`
    : ""
}[ "$problems" = 0 ] || exit 1
echo "passed"
`;
}
