import assert from "node:assert/strict";
import fc from "fast-check";
import { RULES, resourceRule } from "../../policy/index.js";
import { verdict, type Exemption } from "../../policy/exemptions.js";
import { Node } from "../../policy/node.js";
import { applies, visit } from "../../policy/visitor.js";
import { judge, KINDS, NOW, styled, subject, UNKNOWN_TEXT, type Kind } from "./fixtures.js";

const exemption = (more: Partial<Exemption> = {}): Exemption => ({
  resource: "dom*",
  reason: "laboratory guests boot a kernel directly",
  expires: "2027-06-30",
  ...more,
});
const direct = subject("domain", { kernel: "/boot/vmlinuz" });

describe("exemptions", () => {
  it("turn a violation into a note that says until when and why", () => {
    const used: Exemption[] = [];
    const reports = judge("secure-boot", [direct], {
      exemptions: [exemption()],
      used: (one) => used.push(one),
    });
    assert.deepEqual(reports, [
      {
        kind: "note",
        urn: direct.urn,
        exemption: exemption(),
        resource: "domain",
        what: ".kernel: direct kernel boot has no secure boot",
        text: "exempt until 2027-06-30, because: laboratory guests boot a kernel directly (.kernel: direct kernel boot has no secure boot)",
      },
    ]);
    assert.deepEqual(used, [exemption()]);
  });

  it("say nothing where nothing is violated", () =>
    assert.deepEqual(judge("secure-boot", [subject("domain")], { exemptions: [exemption()] }), []));

  it("of another resource do not help", () => {
    for (const resource of ["pg-*", "domai", "omain", "DOMAIN", "domain?", ""])
      assert.equal(
        judge("secure-boot", [direct], { exemptions: [exemption({ resource })] })[0]?.kind,
        "violation",
        resource,
      );
  });

  it("that expired block whatever the rule's level", () => {
    const [report] = judge("volume-encrypted", [subject("volume", { xml: undefined })], {
      exemptions: [exemption({ resource: "*", expires: "2026-11-21" })],
    });
    assert.equal(report?.kind, "blocking");
    assert.match(report?.text ?? "", /^the exemption expired on 2026-11-21 \(laboratory guests/);
  });

  it("hold to the end of their last day, in UTC", () => {
    const last = [exemption({ expires: "2026-11-22" })];
    assert.equal(verdict(last, "domain", new Date("2026-11-22T23:59:59.999Z")).kind, "exempt");
    assert.equal(verdict(last, "domain", new Date("2026-11-23T00:00:00.000Z")).kind, "expired");
  });

  it("that hold win over expired ones for the same resource", () => {
    const both = [exemption({ expires: "2020-01-01" }), exemption()];
    assert.equal(verdict(both, "domain", NOW).kind, "exempt");
  });

  for (const [title, bad, says] of [
    ["without reason", { reason: "" }, /reason is missing/],
    ["with a hollow reason", { reason: "because    " }, /reason is missing/],
    ["without a resource", { resource: undefined as unknown as string }, /names no resource/],
    ["with a day that does not exist", { expires: "2027-02-30" }, /expiry "2027-02-30"/],
    ["with no day", { expires: "never" }, /expiry "never"/],
  ] as const)
    it(`${title} block`, () => {
      const [report] = judge("secure-boot", [direct], { exemptions: [exemption(bad)] });
      assert.equal(report?.kind, "blocking");
      assert.match(report?.text ?? "", says);
    });

  it("of a finding about the whole stack name the stack's resource", () => {
    const urn = "urn:pulumi:kvm-prod::pgkeep::libvirt:index/domain:Domain::pg";
    const lone = [subject("domain", {}, { urn }), subject("domain", {}, { urn })];
    const kinds = ["pgkeep-kvm-prod", "pgkeep-*", "*", "stack", "kvm-prod"].map((resource) => {
      const exempt = [exemption({ resource, reason: "one machine plays all hypervisors" })];
      return judge("hand-made-second-site", lone, { exemptions: exempt })[0]?.kind;
    });
    assert.deepEqual(kinds, ["note", "note", "note", "violation", "violation"]);
  });
});

describe("a rule that throws", () => {
  const broken = resourceRule({
    id: "broken-rule",
    title: "Breaks.",
    severity: "low",
    level: "advisory",
    types: [/.*/],
    why: "A test.",
    fix: "nothing.",
    controls: ["SOC 2 CC8.1"],
    judge: () => {
      throw new TypeError("cannot read what is not there");
    },
  });

  it("blocks under its own name, whatever its level", () => {
    const [report, ...rest] = visit(broken, [direct], { exemptions: [], now: NOW });
    assert.deepEqual(rest, []);
    assert.equal(report?.kind, "blocking");
    assert.match(
      report?.text ?? "",
      /^the rule broken-rule itself is broken.*cannot read what is not there$/,
    );
  });

  it("cannot be exempted", () => {
    const [report] = visit(broken, [direct], { exemptions: [exemption({ resource: "*" })], now: NOW });
    assert.equal(report?.kind, "blocking");
  });
});

describe("values that a preview does not know", () => {
  for (const [id, kind, change, place] of [
    ["volume-private", "volume", { xml: { xslt: UNKNOWN_TEXT } }, ".xml.xslt"],
    ["disks-separate", "domain", { disks: UNKNOWN_TEXT }, ".disks"],
    ["machine-modern", "domain", { machine: UNKNOWN_TEXT }, ".machine"],
    ["network-isolated", "network", { mode: UNKNOWN_TEXT }, ".mode"],
    ["hypervisor-transport", "provider", { uri: UNKNOWN_TEXT }, ".uri"],
    ["command-host-key", "remote", { connection: UNKNOWN_TEXT }, ".connection"],
    ["objectives-achieved", "cluster", { environment: UNKNOWN_TEXT }, ".environment"],
  ] as const)
    it(`${id} reports ${place} and judges it later`, () => {
      const reports = judge(id, [subject(kind as Kind, change)]);
      assert.deepEqual(
        reports.map(({ kind: how, text }) => [how, text]),
        [["note", `not known during the preview: ${place}. Judged again at the update`]],
      );
    });

  it("do not hide what is wrong elsewhere in the same resource", () => {
    const disks = [{ file: UNKNOWN_TEXT }, { file: "/a.qcow2" }, { blockDevice: "/dev/sdb" }];
    const kinds = judge("disks-in-snapshots", [subject("domain", { disks })]).map(({ kind }) => kind);
    assert.ok(kinds.includes("violation"));
  });

  it("known ids are not asked for more than they say", () =>
    assert.deepEqual(
      judge("disks-separate", [
        subject("domain", { disks: [1, 2, 3].map(() => ({ volumeId: UNKNOWN_TEXT })) }),
      ]),
      [],
    ));

  it("in texts are named once a resource, by the rule that searches all of them", () => {
    const resource = subject("domain", {
      disks: [1, 2, 3, 4].map(() => ({ volumeId: UNKNOWN_TEXT })),
      cloudinit: UNKNOWN_TEXT,
    });
    const [report] = judge("secrets-are-secret", [resource]);
    assert.equal(report?.kind, "note");
    assert.match(
      report.text,
      /preview: \.disks\[0\]\.volumeId, \.disks\[1\]\.volumeId, \.disks\[2\]\.volumeId and 2 more\. Judged/,
    );
  });

  it("never pass silently: with everything unknown something is said about every type", () => {
    for (const kind of KINDS) {
      const blind = { ...subject(kind), inputs: new Node(UNKNOWN_TEXT) };
      const silent = RULES.filter((rule) => applies(rule, blind.type))
        .filter((rule) => visit(rule, [blind], { exemptions: [], now: NOW }).length === 0)
        .map(({ id }) => id)
        // protect is an option, never unknown; the others search texts, about which secrets-are-secret speaks.
        .filter((id) => !TEXT_RULES.includes(id));
      assert.deepEqual(silent, [], kind);
    }
  });
});

const TEXT_RULES = [
  "data-protected",
  "filter-drops-the-rest",
  "no-open-source",
  "logins-proven",
  "tls-everywhere",
  "connections-logged",
  "no-secret-on-command-line",
  "no-secret-in-seed",
  "commits-durable",
  "wal-archived",
  "corruption-shown",
  "audit-extension-loaded",
  "log-lines-tell-who",
  "log-files-private",
  "no-debug-output",
  "cluster-links-proven",
  "watchdog-required",
  "kernel-hardened",
  "secret-files-private",
  "filter-refuses-spoofing",
  "ciphers-strong",
  "roles-of-least-privilege",
  "repository-encrypted",
  "repository-retention",
  "repository-verified",
  "packages-verified",
  "container-images-pinned",
  "logins-by-key",
  "host-protection-on",
];

describe("the visitor", () => {
  it("judges any inputs without a crash", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS),
        fc.jsonValue({ maxDepth: 5 }),
        fc.jsonValue(),
        (kind, inputs, inner) => {
          const wild = { ...subject(kind), inputs: new Node(inputs) };
          const partly = subject(kind, {
            disks: [inner],
            xml: inner,
            connection: inner,
            environment: inner,
            uri: inner,
            extraConfig: inner,
            rolePrivileges: inner,
            permissions: [inner],
            virtualMachineIds: inner,
            firewall: inner,
          });
          for (const rule of RULES)
            for (const each of [wild, partly])
              for (const { kind: how, text } of visit(rule, [each], { exemptions: [], now: NOW }))
                assert.notEqual(how, "blocking", `${rule.id}: ${text}`);
        },
      ),
      { numRuns: 300 },
    );
  }).timeout(60_000);

  it("reads style sheets whatever their white space and quotes", () =>
    assert.deepEqual(
      judge("display-closed", [
        subject("domain", styled("<xsl:template\n  match='/domain/devices/graphics'  />")),
      ]),
      [],
    ));
});
