import { flip, gone, inText, set, unprotected, type FlipTable } from "./flip.js";

const DOMAIN = /^libvirt:index\/domain:Domain$/;
const VOLUME = /^libvirt:index\/volume:Volume$/;
const NETWORK = /^libvirt:index\/network:Network$/;
const PROVIDER = /^pulumi:providers:libvirt$/;
const SEED = /^libvirt:index\/cloudInitDisk:CloudInitDisk$/;

/** Resources of libvirt. */
export const libvirtFlips: FlipTable = {
  flips: [
    unprotected(/^libvirt:index\/(?:domain:Domain|volume:Volume)$/),
    set(DOMAIN, ".machine", "pc"),
    gone(DOMAIN, ".machine"),
    gone(DOMAIN, ".firmware"),
    gone(DOMAIN, ".nvram.template"),
    gone(DOMAIN, ".tpm"),
    gone(DOMAIN, ".disks[]"),
    set(DOMAIN, ".disks[]", { blockDevice: "/dev/sdb" }),
    set(DOMAIN, ".networkInterfaces[]", { macvtap: "eth0" }),
    gone(DOMAIN, ".xml.xslt"),
    inText(
      DOMAIN,
      "style sheet: graphics",
      "kept",
      /<xsl:template match="\/domain\/devices\/graphics"\/>/,
      "",
    ),
    inText(DOMAIN, "style sheet: loader secure", "no", /name="secure">yes/, 'name="secure">no'),
    inText(DOMAIN, "style sheet: smm", "off", /<smm state="on"\/>/, '<smm state="off"/>'),
    inText(DOMAIN, "style sheet: memory backing", "left out", /<nosharepages\/>\s*<locked\/>/, ""),
    inText(
      DOMAIN,
      "style sheet: memory balloon",
      "virtio",
      /<memballoon model="none"\/>/,
      '<memballoon model="virtio"/>',
    ),
    inText(
      DOMAIN,
      "style sheet: filterref",
      "left out",
      /<filterref filter="[^"]*">[\s\S]*?<\/filterref>/,
      "",
    ),
    inText(DOMAIN, "style sheet: disk cache", "unsafe", /cache="none"/, 'cache="unsafe"'),
    inText(DOMAIN, "style sheet: disk", "shareable", /<target dev="vd/, '<shareable/><target dev="vd'),
    inText(DOMAIN, "style sheet: disk format", "raw", /type="qcow2"/, 'type="raw"'),
    set(VOLUME, ".format", "raw"),
    gone(VOLUME, ".xml.xslt"),
    inText(VOLUME, "style sheet: mode", "0644", /<mode>0600<\/mode>/, "<mode>0644</mode>"),
    inText(VOLUME, "style sheet: compat", "0.10", /<compat>1\.1<\/compat>/, "<compat>0.10</compat>"),
    set(NETWORK, ".mode", "nat"),
    set(NETWORK, ".mode", "route"),
    gone(NETWORK, ".mode"),
    inText(PROVIDER, "address: transport", "tcp", /qemu\+ssh:/, "qemu+tcp:"),
    inText(PROVIDER, "address: knownhosts", "left out", /knownhosts=[^&]*/, ""),
    inText(PROVIDER, "address: knownhosts", "/dev/null", /knownhosts=[^&]*/, "knownhosts=%2Fdev%2Fnull"),
    inText(PROVIDER, "address: sshauth", "password", /sshauth=[\w,]+/, "sshauth=password"),
    flip(PROVIDER, ".uri", "no_verify=1", (value) => `${String(value)}&no_verify=1`),
    inText(SEED, "cloud-init: ssh_pwauth", "true", /ssh_pwauth: false/, "ssh_pwauth: true"),
    flip(
      SEED,
      ".userData",
      "with a password",
      (value) => `${String(value)}chpasswd: { list: 'root:$6$rounds$0123456789abcdefghij' }\n`,
    ),
  ],
  neutral: [
    [
      DOMAIN,
      /\.(?:name|description|autostart|type|memory|vcpu|cloudinit)$|\.cpu\.|\.consoles\[\]|\.(?:mac|networkName)$/,
      "names, sizes and a console on the hypervisor's own socket",
    ],
    [DOMAIN, /\.disks\[\]\.volumeId$|\.nvram\.file$|\.tpm\./, "where it lies; that there is one is demanded"],
    [DOMAIN, /^\.(?:kernel|initrd|cmdlines\[\].*)$/, "direct boot, under an exemption of the laboratory"],
    [VOLUME, /\.(?:name|pool|size|source|baseVolume\w*)$/, "names and sizes"],
    [
      NETWORK,
      /\.(?:name|bridge|autostart)$|\.(?:dhcp|dns)\.enabled$|\.mtu$|\.domain$|\.addresses\[\]/,
      "names, and services of a network that leads nowhere",
    ],
    [SEED, /./, "judged by what it says"],
    [/^libvirt:index\/pool:Pool$/, /./, "where volumes lie; who reads them is judged at the volume"],
  ].map(([on, path, why]) => ({ on: on as RegExp, path: path as RegExp, why: why as string })),
};
