import assert from "node:assert/strict";
import { describe, it } from "mocha";
import {
  adaptDefinition,
  copyUuid,
  definitionFacts,
  type Adaptation,
} from "../../../operations/jobs/domain-xml.js";

const XML = `<domain type='kvm' id='7'>
  <name>pg-a1</name>
  <uuid>11111111-2222-3333-4444-555555555555</uuid>
  <metadata><pgkeep-fenced:state xmlns:pgkeep-fenced="https://pgkeep.example/xmlns/domain/1/fenced" fenced='yes'/></metadata>
  <os firmware='efi'><type>hvm</type><loader secure='yes'>/usr/share/OVMF/CODE.fd</loader><nvram template='/t'>/var/lib/libvirt/qemu/nvram/pg-a1.fd</nvram></os>
  <devices>
    <disk type='volume' device='disk'><driver name='qemu' type='qcow2'/><source pool='p' volume='v' index='3'/>
      <backingStore type='file'><source file='/base'/></backingStore><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/old/vdb'/><target dev='vdb' bus='virtio'/>
      <encryption format='luks'/></disk>
    <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/old/seed.iso'/><target dev='sda' bus='scsi'/><readonly/></disk>
    <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br-a'/><target dev='vnet3'/><filterref filter='known'/></interface>
    <interface type='bridge'><mac address='52:54:00:01:00:01'/><source bridge='br-c'/><link state='up'/><filterref filter='strange'/></interface>
    <channel type='unix'><source mode='bind' path='/var/lib/libvirt/qemu/channel/target/domain-7-pg-a1/agent'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <serial type='file'><source path='/var/log/pg-a1.log'/></serial>
    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
  </devices>
</domain>`;

const adaptation: Adaptation = {
  name: "copy",
  uuid: copyUuid("host-b", "pg-a1", "copy"),
  of: "pg-a1",
  moment: "2031-01-01T02:00:00Z",
  disks: { vda: "/new/vda", vdb: "/new/vdb" },
  nvram: "/new/nvram.fd",
  link: "down",
  bridges: { "52:54:00:00:00:01": "br-b" },
  filterKnown: (filter) => filter === "known",
};

describe("definition of a copy", () => {
  it("reads what a job has to know", () => {
    const facts = definitionFacts(XML);
    assert.deepEqual(
      facts.disks.map(({ target, device, encrypted, readOnly }) => [target, device, encrypted, readOnly]),
      [
        ["vda", "disk", false, false],
        ["vdb", "disk", true, false],
        ["sda", "cdrom", false, true],
      ],
    );
    assert.equal(facts.nvram, "/var/lib/libvirt/qemu/nvram/pg-a1.fd");
    assert.equal(facts.tpm, true);
  });

  it("points at nothing of the original any more", () => {
    const adapted = adaptDefinition(XML, adaptation);
    for (const old of ["/old/", "/base", "pool=", "pg-a1.fd", "domain-7", "vnet3", "11111111", 'id="7"'])
      assert.ok(!adapted.includes(old), `${old} is still there`);
    const facts = definitionFacts(adapted);
    assert.deepEqual(
      facts.disks.map(({ target }) => target),
      ["vda", "vdb"],
      "a drive without a copy is left out",
    );
    assert.equal(facts.nvram, "/new/nvram.fd");
    assert.match(adapted, /<name>copy<\/name>/);
    assert.match(adapted, /file="\/new\/vda"/);
    assert.match(adapted, /path="\/var\/log\/copy-pg-a1\.log"/);
  });

  it("keeps the MAC addresses, pulls every cable, fits bridges and filters to the host", () => {
    const adapted = adaptDefinition(XML, adaptation);
    assert.equal(adapted.match(/<link state="down"\/>/g)?.length, 2);
    assert.ok(!adapted.includes('state="up"'));
    assert.match(adapted, /52:54:00:00:00:01/);
    assert.match(adapted, /bridge="br-b"/);
    assert.match(adapted, /bridge="br-c"/);
    assert.match(adapted, /filter="known"/);
    assert.ok(!adapted.includes("strange"));
  });

  it("does not inherit the mark of a fenced guest, and says what it is", () => {
    const adapted = adaptDefinition(XML, adaptation);
    assert.ok(!adapted.includes("fenced"));
    assert.match(adapted, /<pgkeep:copy [^>]*of="pg-a1" moment="2031-01-01T02:00:00Z"/);
  });

  it("gives every copy a UUID of its own, the same each time", () => {
    const uuid = copyUuid("host-b", "pg-a1", "copy");
    assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(uuid, copyUuid("host-b", "pg-a1", "copy"));
    assert.notEqual(uuid, copyUuid("host-b", "pg-a1", "other"));
    assert.notEqual(copyUuid("a", "bc"), copyUuid("ab", "c"));
  });
});
