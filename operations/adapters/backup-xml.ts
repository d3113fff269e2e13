import type { DiskTarget } from "../ports/index.js";

/** Text for an attribute or element of XML. */
export function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
  };
  return text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}

/** A push backup of exactly these disks; incremental when `since` names a checkpoint. */
export function backupXml(disks: readonly DiskTarget[], since: string | undefined): string {
  const entries = disks.map(
    ({ target, path }) =>
      `    <disk name='${escapeXml(target)}' backup='yes' type='file'>\n` +
      `      <driver type='qcow2'/>\n      <target file='${escapeXml(path)}'/>\n    </disk>\n`,
  );
  const incremental = since === undefined ? "" : `  <incremental>${escapeXml(since)}</incremental>\n`;
  return `<domainbackup mode='push'>\n${incremental}  <disks>\n${entries.join("")}  </disks>\n</domainbackup>\n`;
}

/** A checkpoint on exactly these disks: from here on QEMU keeps a record of changed blocks. */
export function checkpointXml(name: string, disks: readonly DiskTarget[]): string {
  const entries = disks.map(({ target }) => `    <disk name='${escapeXml(target)}' checkpoint='bitmap'/>\n`);
  return `<domaincheckpoint>\n  <name>${escapeXml(name)}</name>\n  <disks>\n${entries.join("")}  </disks>\n</domaincheckpoint>\n`;
}
