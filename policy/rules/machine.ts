import { styleSheet, TYPES } from "../facts.js";
import { forEach, resourceRule, type Rule } from "../rule.js";

/** The virtual machine itself. */
export const machineRules: readonly Rule[] = [
  resourceRule({
    id: "display-closed",
    title: "No VM has a display that listens.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.domain],
    why: "Without a word about graphics the provider adds a SPICE display without a password; it is a console on the database server.",
    fix: 'graphics with listenType "none", or a style sheet that removes /domain/devices/graphics.',
    controls: ["SOC 2 CC6.6", "ISO 27001 A.8.20"],
    judge: (domain, find) => {
      if (/match="[^"]*\/graphics(\[[^\]]*\])?"\s*\/>/.test(styleSheet(domain))) return;
      if (!domain.inputs.has("graphics"))
        return find("graphics is left out, so a display is added", ".graphics");
      const graphics = domain.inputs.at("graphics");
      const listen = graphics.text("listenType");
      if (listen !== "none" && listen !== "socket")
        find(`listens on ${graphics.text("listenAddress") ?? "127.0.0.1"} without a password`, graphics);
    },
  }),
  resourceRule({
    id: "secure-boot",
    title: "VMs boot by UEFI with secure boot enforced.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.domain],
    why: 'A changed boot loader or kernel runs before anything that could notice. The provider writes secure="no" even with the right firmware.',
    fix: 'firmware with enrolled keys (OVMF_CODE*.ms.fd or *secboot*), nvram.template, secure="yes" and <smm state="on"/> in the style sheet.',
    controls: ["ISO 27001 A.8.9", "PCI DSS 2.2.6"],
    judge: (domain, find) => {
      if (domain.inputs.has("kernel")) return find("direct kernel boot has no secure boot", ".kernel");
      const firmware = domain.inputs.text("firmware");
      if (firmware === undefined) return find("no UEFI firmware is named", ".firmware");
      const style = styleSheet(domain);
      const loader = /<xsl:attribute name="secure">yes<\/xsl:attribute>|<loader [^>]*secure="yes"/.test(
        style,
      );
      if (!loader || !/<smm state="on"\/>/.test(style)) find("secure boot is not enforced", ".xml.xslt");
      if (!domain.inputs.at("nvram").has("template"))
        find("no variable store with enrolled keys is named", ".nvram");
    },
  }),
  resourceRule({
    id: "memory-reserved",
    title: "A VM's memory is its own.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.domain],
    why: "Merged, ballooned or swapped memory makes a database slow at the worst moment, and merged pages leak between VMs.",
    fix: "<memoryBacking> with <nosharepages/>, <locked/> or <hugepages/>, and memballoon model none.",
    controls: ["ISO 27001 A.8.6"],
    judge: (domain, find) => {
      const style = styleSheet(domain);
      if (!/<memoryBacking>.*<(nosharepages|locked|hugepages)\b/.test(style))
        find("memory is not reserved", ".xml.xslt");
      if (!/<memballoon model="none"\/?>/.test(style)) find("the balloon may take memory away", ".xml.xslt");
    },
  }),
  resourceRule({
    id: "machine-modern",
    title: "VMs are of machine type q35.",
    severity: "low",
    level: "mandatory",
    types: [TYPES.domain],
    why: "The default, pc, is a chipset of 1996: no PCI Express, no secure boot.",
    fix: 'machine: "q35".',
    controls: ["ISO 27001 A.8.9"],
    judge: (domain, find) => {
      const machine = domain.inputs.text("machine");
      if (machine === undefined || !/^(pc-)?q35/.test(machine))
        find(`machine is ${machine ?? "left to the default, pc"}`, ".machine");
    },
  }),
  resourceRule({
    id: "agent-and-entropy",
    title: "The guest agent's channel and the entropy device stay.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.domain],
    why: "Without the agent file systems cannot be frozen for a snapshot; without entropy keys are made late or badly.",
    fix: "a style sheet that does not remove them.",
    controls: ["SOC 2 A1.2"],
    judge: (domain, find) => {
      const style = styleSheet(domain);
      for (const device of ["channel", "rng"])
        if (new RegExp(`match="[^"]*/devices/${device}(\\[[^\\]]*\\])?"\\s*/>`).test(style))
          find(`the style sheet removes the ${device}`, ".xml.xslt");
    },
  }),
  resourceRule({
    id: "interfaces-filtered",
    title: "Every interface has a filter that the guest cannot switch off.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.domain],
    why: "The guest's own firewall falls with its root account; only a filter on the hypervisor stays.",
    fix: "<filterref> for each interface in the style sheet; interfaces on networks or bridges.",
    controls: ["PCI DSS 1.3.1", "SOC 2 CC6.6", "ISO 27001 A.8.22"],
    judge: (domain, find) => {
      const interfaces = domain.inputs.list("networkInterfaces");
      const filters = styleSheet(domain).match(/<filterref\b/g)?.length ?? 0;
      if (filters < interfaces.length)
        find(`${filters} filters for ${interfaces.length} interfaces`, ".xml.xslt");
      forEach(interfaces, (each) => {
        for (const key of ["macvtap", "vepa", "passthrough"])
          if (each.has(key)) find("packets of such an interface bypass the filters", each.at(key));
      });
    },
  }),
];
