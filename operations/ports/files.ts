/** An entry of a directory. */
export interface FileEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "other";
  /** Bytes. */
  readonly size: number;
}

/** Room on a file system. */
export interface Space {
  /** Bytes that we may still write. */
  readonly free: number;
  /** The same for all paths on one file system, however it is mounted. */
  readonly fileSystem: string;
  readonly mountPoint: string;
}

/** Files of one host. */
export interface Files {
  readonly host: string;
  /** Entries in order of their names; empty when the directory does not exist. */
  list(directory: string): Promise<readonly FileEntry[]>;
  exists(path: string): Promise<boolean>;
  /** Bytes; undefined when it does not exist. */
  size(path: string): Promise<number | undefined>;
  /** Text of a file; undefined when it does not exist. */
  read(path: string): Promise<string | undefined>;
  /** Replaces a file atomically and durably. @default mode 0600 */
  write(path: string, content: string, mode?: string): Promise<void>;
  /** Makes a directory and its parents. @default mode 0711, so that QEMU's account may pass through */
  makeDirectory(path: string, mode?: string): Promise<void>;
  /** Renames durably; replaces a file, never a directory that holds something. */
  rename(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  /** Removes a file or a whole directory; no error when it does not exist. */
  remove(path: string): Promise<void>;
  /** What is left on the file system that holds the path, or its nearest existing parent. */
  space(path: string): Promise<Space>;
  /** SHA-256 of the content as it is on the disk, in hexadecimal. */
  sha256(path: string): Promise<string>;
  /** Writes everything about this file to the disk. */
  sync(path: string): Promise<void>;
}
