import { parse, stringify } from "yaml";
import type { CloudInit } from "./cloud-init.js";

/**
 * A seed as the guestinfo variables of cloud-init's VMware data source, for a VM's `extraConfig`. Everybody with `System.Read` can
 * read them through the vSphere API, which is why a seed holds no secret.
 */
export function guestInfo({
  userData,
  metaData,
  networkConfig,
}: CloudInit): Record<`guestinfo.${string}`, string> {
  const metadata = stringify(
    { ...(parse(metaData) as object), network: parse(networkConfig) as object },
    { lineWidth: 0 },
  );
  const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
  return {
    "guestinfo.metadata": base64(metadata),
    "guestinfo.metadata.encoding": "base64",
    "guestinfo.userdata": base64(userData),
    "guestinfo.userdata.encoding": "base64",
  };
}
