import { readdirSync, statSync } from "node:fs";
import { basename, join, posix } from "node:path";
import type { Client, SFTPWrapper } from "ssh2";

export function openSftp(client: Client): Promise<SFTPWrapper> {
  return new Promise((done, fail) => client.sftp((error, sftp) => (error ? fail(error) : done(sftp))));
}

/** What lies at a remote path. */
type Remote = "nothing" | "directory" | "file";

/** Status codes of the SFTP protocol. */
const NO_SUCH_FILE = 2;

type Done = (error?: Error | null) => void;

function call(what: string, work: (done: Done) => void): Promise<void> {
  return new Promise((done, fail) =>
    work((error) => (error ? fail(new Error(`${what}: ${error.message}`)) : done())),
  );
}

function look(sftp: SFTPWrapper, path: string): Promise<Remote> {
  return new Promise((done, fail) => {
    sftp.stat(path, (error, found) => {
      const { code } = (error ?? {}) as { code?: number };
      if (error && code === NO_SUCH_FILE) done("nothing");
      else if (error) fail(new Error(`failed to stat remote path ${path}: ${error.message}`));
      else done(found.isDirectory() ? "directory" : "file");
    });
  });
}

async function makeDirectory(sftp: SFTPWrapper, path: string): Promise<void> {
  const there = await look(sftp, path);
  if (there === "directory") return;
  if (there === "file") throw new Error(`remote path ${path} exists but is not a directory`);
  const parent = posix.dirname(path);
  if (parent !== path) await makeDirectory(sftp, parent);
  await call(`failed to create remote directory ${path}`, (done) => sftp.mkdir(path, done));
}

function put(sftp: SFTPWrapper, local: string, remote: string): Promise<void> {
  return call(`failed to copy file ${local} to remote path ${remote}`, (done) =>
    sftp.fastPut(local, remote, done),
  );
}

/** Writes a text to a remote file, making its parent directories. */
export async function copyText(sftp: SFTPWrapper, text: string, destination: string): Promise<void> {
  if ((await look(sftp, destination)) === "directory")
    throw new Error(`remote path ${destination} is a directory; a text needs the path of a file`);
  await makeDirectory(sftp, posix.dirname(destination));
  await call(`failed to write remote path ${destination}`, (done) => sftp.writeFile(destination, text, done));
}

/**
 * Copies a local file or directory.
 *
 * | source | destination is a directory | nothing | a file |
 * | --- | --- | --- | --- |
 * | `dir` | `destination/dir` | `destination/dir` | error |
 * | `dir/` | its content into `destination` | its content into `destination` | error |
 * | `file` | `destination/file` | `destination` | `destination`, overwritten |
 */
export async function copyPath(sftp: SFTPWrapper, source: string, destination: string): Promise<void> {
  if (statSync(source).isDirectory()) {
    const target = source.endsWith("/") ? destination : posix.join(destination, basename(source));
    await makeDirectory(sftp, destination);
    return copyDirectory(sftp, source, target);
  }
  const there = await look(sftp, destination);
  if (there === "nothing") await makeDirectory(sftp, posix.dirname(destination));
  return put(sftp, source, there === "directory" ? posix.join(destination, basename(source)) : destination);
}

async function copyDirectory(sftp: SFTPWrapper, source: string, destination: string): Promise<void> {
  await makeDirectory(sftp, destination);
  for (const entry of readdirSync(source).sort()) {
    const [local, remote] = [join(source, entry), posix.join(destination, entry)];
    if (statSync(local).isDirectory()) await copyDirectory(sftp, local, remote);
    else await put(sftp, local, remote);
  }
}
