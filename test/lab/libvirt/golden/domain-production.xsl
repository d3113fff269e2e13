<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output omit-xml-declaration="yes" indent="yes"/>
  <xsl:template match="@*|node()">
    <xsl:copy>
      <xsl:apply-templates select="@*|node()"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="/domain/name">
    <xsl:copy>
      <xsl:apply-templates select="@*|node()"/>
    </xsl:copy>
    <uuid>7d3c1f9e-0000-8000-8000-000000000001</uuid>
  </xsl:template>
  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:apply-templates select="@*"/>
      <xsl:apply-templates select="node()"/>
      <memoryBacking>
        <nosharepages/>
        <locked/>
      </memoryBacking>
      <cputune>
        <shares>4096</shares>
      </cputune>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="/domain/memory">
    <xsl:copy>
      <xsl:apply-templates select="@*"/>
      <xsl:attribute name="dumpCore">off</xsl:attribute>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="/domain/vcpu">
    <xsl:copy>
      <xsl:apply-templates select="@*"/>
      <xsl:attribute name="cpuset">2-5</xsl:attribute>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="/domain/os/loader">
    <xsl:copy>
      <xsl:apply-templates select="@*"/>
      <xsl:attribute name="secure">yes</xsl:attribute>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="/domain/features">
    <xsl:copy>
      <xsl:apply-templates select="@*"/>
      <xsl:apply-templates select="node()"/>
      <smm state="on"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="/domain/devices/tpm">
    <xsl:copy>
      <xsl:apply-templates select="@*"/>
      <xsl:attribute name="model">tpm-crb</xsl:attribute>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="/domain/devices/graphics"/>
  <xsl:template match="/domain/devices/video"/>
  <xsl:template match="/domain/devices/disk[target/@dev='vda']">
    <disk type="file" device="disk">
      <driver name="qemu" type="qcow2" cache="none" io="native" discard="unmap"/>
      <source file="/srv/pool/pg-a1-system.qcow2"/>
      <target dev="vda" bus="virtio"/>
      <serial>system</serial>
    </disk>
  </xsl:template>
  <xsl:template match="/domain/devices/disk[target/@dev='vdb']">
    <disk type="file" device="disk">
      <driver name="qemu" type="qcow2" cache="none" io="native" discard="unmap"/>
      <source file="/srv/pool/pg-a1-data.qcow2"/>
      <target dev="vdb" bus="virtio"/>
      <serial>data</serial>
    </disk>
  </xsl:template>
  <xsl:template match="/domain/devices/disk[target/@dev='vdc']">
    <disk type="file" device="disk">
      <driver name="qemu" type="qcow2" cache="none" io="native" discard="unmap"/>
      <source file="/srv/pool/pg-a1-wal.qcow2"/>
      <target dev="vdc" bus="virtio"/>
      <serial>wal</serial>
    </disk>
  </xsl:template>
  <xsl:template match="/domain/devices/disk[@device='cdrom' and serial='cloudinit']/target">
    <target dev="sda" bus="scsi"/>
  </xsl:template>
  <xsl:template match="/domain/devices/interface[position() = 1]">
    <interface type="network">
      <mac address="52:54:00:00:00:0a"/>
      <source network="net-management"/>
      <model type="virtio"/>
    </interface>
  </xsl:template>
  <xsl:template match="/domain/devices/interface[position() = 2]">
    <interface type="network">
      <mac address="52:54:00:01:00:0a"/>
      <source network="net-client"/>
      <model type="virtio"/>
      <filterref filter="pgkeep-client">
        <parameter name="IP" value="192.0.2.1"/>
        <parameter name="IP" value="192.0.2.9"/>
      </filterref>
    </interface>
  </xsl:template>
  <xsl:template match="/domain/devices/interface[position() = 3]">
    <interface type="network">
      <mac address="52:54:00:02:00:0a"/>
      <source network="net-replication"/>
      <model type="virtio"/>
    </interface>
  </xsl:template>
  <xsl:template match="/domain/devices">
    <xsl:copy>
      <xsl:apply-templates select="@*"/>
      <xsl:apply-templates select="node()"/>
      <controller type="scsi" index="0" model="virtio-scsi"/>
      <memballoon model="none"/>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
