import { utils } from "ssh2";

/** An SSH key pair in OpenSSH's own format. */
export interface SshKeyPair {
  readonly private: string;
  readonly public: string;
}

/** Makes an ed25519 key pair. */
export function createSshKey(comment: string): SshKeyPair {
  // The library has been known to encode a pair in a thousand so that nothing reads it: only a pair that reads back is given out.
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const pair = utils.generateKeyPairSync("ed25519", { comment });
    const [type, encoded] = pair.public.split(" ");
    const parsed = utils.parseKey(pair.private);
    if (parsed instanceof Error || type !== "ssh-ed25519") continue;
    if (parsed.getPublicSSH().toString("base64") === encoded)
      return { private: `${pair.private.trim()}\n`, public: pair.public.trim() };
  }
  throw new Error("no usable SSH key could be made");
}
