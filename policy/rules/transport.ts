import { TYPES } from "../facts.js";
import { resourceRule, type Rule } from "../rule.js";

/** How Pulumi reaches the hypervisors. */
export const transportRules: readonly Rule[] = [
  resourceRule({
    id: "hypervisor-transport",
    title: "Hypervisors are reached over SSH or TLS, and their identity is checked.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.libvirtProvider],
    why: "Whoever answers on an unchecked connection becomes the hypervisor; plain TCP has no login at all.",
    fix: "qemu+ssh://…?keyfile=…&knownhosts=…, or qemu+tls:// without no_verify.",
    controls: ["SOC 2 CC6.7", "PCI DSS 4.2.1"],
    judge: (provider, find) => {
      const uri = provider.inputs.text("uri");
      if (uri === undefined) return find("no address is declared, so the environment decides", ".uri");
      const [head = "", query = ""] = uri.split("?");
      const transport = /^\w+\+(\w+):/.exec(head)?.[1] ?? (/^\w+:\/\/[^/]/.test(head) ? "tls" : "unix");
      const options = new URLSearchParams(query);
      if (!["ssh", "libssh", "libssh2", "tls", "unix"].includes(transport))
        find(`transport ${transport} is neither SSH nor TLS`, ".uri");
      if (options.get("no_verify") === "1" || options.get("known_hosts_verify") === "ignore")
        find("the check of the other side is switched off", ".uri");
      if (transport.includes("ssh")) {
        const known = options.get("knownhosts") ?? options.get("known_hosts") ?? "";
        if (known === "" || known === "/dev/null") find("no known_hosts file is named", ".uri");
        if (/:\/\/[^/@]*:[^/@]*@/.test(head) || options.get("sshauth")?.includes("password") === true)
          find("logs in with a password", ".uri");
      }
    },
  }),
  resourceRule({
    id: "command-host-key",
    title: "Remote commands check the key of the host.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.remote],
    why: "Without a host key the commands, and the secrets on their standard input, go to whoever answers.",
    fix: "connection.hostKey, and proxy.hostKey where a proxy stands between.",
    controls: ["SOC 2 CC6.7", "PCI DSS 4.2.1"],
    judge: (command, find) => {
      const connection = command.inputs.at("connection");
      for (const hop of connection.has("proxy") ? [connection, connection.at("proxy")] : [connection])
        if (!hop.has("hostKey")) find("no host key is given", hop.at("hostKey"));
    },
  }),
];
