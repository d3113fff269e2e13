import { madeByHand } from "../declared.js";
import { plainTexts } from "../facts.js";
import { resourceRule, type Rule } from "../rule.js";
import { isOff, settingsIn } from "../text/settings.js";

const EVERYTHING = /.*/;

/** What lets strangers into the consensus of a cluster, as Patroni and etcd are configured. */
const OPEN_LINKS: readonly (readonly [sign: RegExp, says: string])[] = [
  [
    /\bverify_client["']?\s*:\s*["']?(?:none|optional)\b/,
    "Patroni's REST API asks no client for a certificate",
  ],
  [/\bctl["']?\s*:\s*\{?\s*["']?insecure["']?\s*:\s*["']?(?:true|on|yes)\b/, "patronictl trusts any server"],
  [
    /\betcd3?["']?\s*:(?:(?!\n\S)[\s\S])*?\n?[ \t]+["']?protocol["']?\s*:\s*["']?http\b(?!s)/,
    "Patroni talks to etcd in clear",
  ],
  [
    /\bETCD_LISTEN_(?:CLIENT|PEER)_URLS=["']?[^\n]*\bhttp:\/\/(?!127\.|localhost)/,
    "etcd listens without TLS",
  ],
  [/--listen-(?:client|peer)-urls[ =]["']?[^\n]*\bhttp:\/\/(?!127\.|localhost)/, "etcd listens without TLS"],
  [/\bETCD_(?:PEER_)?CLIENT_CERT_AUTH=["']?(?:false|0)\b/, "etcd asks no client for a certificate"],
  [/--(?:peer-)?client-cert-auth=(?:false|0)\b/, "etcd asks no client for a certificate"],
];

/** Failover and what decides it, as far as texts tell. */
export const failoverRules: readonly Rule[] = [
  resourceRule({
    id: "cluster-links-proven",
    title: "Who decides about the primary talks over TLS, and both sides prove who they are.",
    severity: "critical",
    level: "mandatory",
    types: [EVERYTHING],
    why: "Whoever may write into etcd, or call Patroni, makes himself the primary or takes the real one away.",
    fix: "restapi.verify_client required, ctl.insecure false, etcd3.protocol https, ETCD_CLIENT_CERT_AUTH and ETCD_PEER_CLIENT_CERT_AUTH true.",
    controls: ["PCI DSS 4.2.1", "SOC 2 CC6.7", "ISO 27001 A.8.20", "ISO 27001 A.8.5"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource)) {
        if (!/patroni|etcd|\bctl\b|verify_client/i.test(text)) continue;
        for (const [sign, says] of OPEN_LINKS) if (sign.test(text)) find(says, at);
      }
    },
  }),
  resourceRule({
    id: "watchdog-required",
    title: "Where Patroni has a watchdog, it runs no primary without it.",
    severity: "high",
    level: "mandatory",
    types: [EVERYTHING],
    why: "A Patroni that hangs keeps its server writing; with automatic, a watchdog that is missing is not noticed.",
    fix: "watchdog.mode: required.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.14"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource)) {
        const [, mode] = /\bwatchdog["']?\s*:\s*\{?\s*["']?mode["']?\s*:\s*["']?(\w+)/.exec(text) ?? [];
        if (mode === undefined) continue;
        // A cluster of ours says so in its declaration, which is judged there.
        if (mode === "automatic" || (isOff(mode) && madeByHand([resource]).length > 0))
          find(`the mode is ${mode}`, at);
      }
    },
  }),
];

const KERNEL: readonly (readonly [name: string, isOpen: (value: string) => boolean, says: string])[] = [
  ["net.ipv4.ip_forward", isOne, "the server forwards packets between its networks"],
  ["net.ipv4.conf.all.accept_redirects", isOne, "anybody on the network may change its routes"],
  ["net.ipv4.conf.all.accept_source_route", isOne, "senders may choose the way past the filters"],
  ["net.ipv4.conf.all.rp_filter", isZero, "forged senders are not noticed"],
  ["fs.suid_dumpable", (value) => /^[12]$/.test(value), "memory of privileged programs may land in a file"],
  ["kernel.kptr_restrict", isZero, "addresses of the kernel are shown"],
  ["kernel.dmesg_restrict", isZero, "every account reads the kernel's log"],
  ["kernel.randomize_va_space", (value) => /^[01]$/.test(value), "addresses are not randomized"],
];

function isOne(value: string): boolean {
  return value === "1";
}

function isZero(value: string): boolean {
  return value === "0";
}

/** The rule about the kernel's settings. */
export const kernelRules: readonly Rule[] = [
  resourceRule({
    id: "kernel-hardened",
    title: "No setting of the kernel opens what is closed by default.",
    severity: "medium",
    level: "mandatory",
    types: [EVERYTHING],
    why: "Each helps whoever is in to get further: to another network, to another account, to the memory of the server.",
    fix: "leave these keys out of sysctl.d, or give them the value of the hardening guides.",
    controls: ["PCI DSS 2.2.6", "ISO 27001 A.8.9"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource))
        for (const [name, isOpen, says] of KERNEL)
          if (settingsIn(text, name).some(isOpen)) find(`${name}: ${says}`, at);
    },
  }),
];
