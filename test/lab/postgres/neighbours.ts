import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "../../../lab/subprocess.js";
import { within } from "./sandbox.js";

/** Starts a program in a network; ends with what is returned. */
function inNetwork(net: number, argv: readonly string[]): { child: ChildProcess; said: () => string } {
  const child = spawn("nsenter", [`--net=/proc/${net}/ns/net`, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { child, said: () => text };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once("exit", () => done());
    child.kill("SIGKILL");
  });
}

/** A real name server for one zone that takes updates signed with a key; gives what ends it. */
export async function nameServer(
  net: number,
  zone: string,
  key: string,
  secret: string,
): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), "pgkeep-named-"));
  const file = (name: string, text: string): void => writeFileSync(join(dir, name), text, { mode: 0o600 });
  file(
    "zone",
    `$TTL 10\n@ IN SOA ns.${zone}. root.${zone}. 1 60 60 600 10\n@ IN NS ns.${zone}.\nns IN A 10.77.0.53\n`,
  );
  file(
    "named.conf",
    `key "${key}" { algorithm hmac-sha256; secret "${secret}"; };
options { directory "${dir}"; pid-file "${dir}/pid"; session-keyfile "${dir}/session.key"; listen-on { any; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; };
controls { };
zone "${zone}" { type primary; file "${dir}/zone"; update-policy { grant ${key} zonesub A AAAA; }; };\n`,
  );
  const { child, said } = inNetwork(net, ["named", "-g", "-c", join(dir, "named.conf")]);
  await within(120, async () => {
    if (child.exitCode !== null) throw new Error(`named ended: ${said()}`);
    return said().includes("running") ? true : undefined;
  });
  return async () => {
    await ended(child);
    rmSync(dir, { recursive: true, force: true });
  };
}

/** A real SSH server that accepts one key for one forced command and remembers what it was asked. */
export async function sshServer(
  net: number,
  address: string,
  publicKey: string,
): Promise<{ hostKey: string; asked: () => string[]; close: () => Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), "pgkeep-sshd-"));
  const path = (name: string): string => join(dir, name);
  await mustRun("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path("host")]);
  writeFileSync(
    path("forced"),
    `#!/bin/sh\necho "$SSH_ORIGINAL_COMMAND" >>${path("asked")}\necho "fenced $SSH_ORIGINAL_COMMAND"\n`,
  );
  chmodSync(path("forced"), 0o755);
  writeFileSync(path("keys"), `restrict,command="${path("forced")}" ${publicKey}\n`, { mode: 0o600 });
  // Its directory for separated privileges is normally made by the service manager.
  if (!existsSync("/run/sshd")) mkdirSync("/run/sshd", { mode: 0o755 });
  const options = [
    `ListenAddress=${address}`,
    `HostKey=${path("host")}`,
    `AuthorizedKeysFile=${path("keys")}`,
    "StrictModes=no",
    `PidFile=${path("pid")}`,
    "PasswordAuthentication=no",
    "UsePAM=no",
  ];
  const { child, said } = inNetwork(net, [
    "/usr/sbin/sshd",
    "-D",
    "-e",
    "-f",
    "/dev/null",
    ...options.flatMap((option) => ["-o", option]),
  ]);
  await within(120, async () => {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${said()}`);
    return said().includes("Server listening") ? true : undefined;
  });
  return {
    hostKey: readFileSync(path("host.pub"), "utf8").split(" ").slice(0, 2).join(" ").trim(),
    asked: () => (existsSync(path("asked")) ? readFileSync(path("asked"), "utf8").trim().split("\n") : []),
    close: async () => {
      await ended(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
