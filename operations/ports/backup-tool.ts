/** A base backup in the repository. */
export interface BaseBackup {
  readonly label: string;
  readonly type: "full" | "diff" | "incr";
  /** Bytes of the database that it restores. */
  readonly size: number;
  /** True when the tool itself noted page checksum errors or the like. */
  readonly error: boolean;
  readonly started: Date;
  readonly stopped: Date;
  /** Labels of the backups that it needs. */
  readonly needs: readonly string[];
  /** WAL segments that make it consistent. */
  readonly firstSegment: string;
  readonly lastSegment: string;
  /** Such as 17-1: changes when the cluster is made anew or upgraded. */
  readonly archiveId: string;
}

/** What the repository holds. */
export interface Repository {
  /** ok, or why not; a stanza that does not exist yet is `missing`. */
  readonly state: "ok" | "empty" | "missing" | "broken";
  readonly detail: string;
  readonly systemIdentifier: string | undefined;
  /** Oldest first. */
  readonly backups: readonly BaseBackup[];
}

/** What the tool's own verification said, judged by its words and not by its exit code. */
export interface VerifyReport {
  readonly ok: boolean;
  readonly problems: readonly string[];
  /** Labels that it called valid. */
  readonly valid: readonly string[];
  readonly output: string;
}

/** A segment or history file in the archive. */
export interface ArchivedFile {
  /** 24 hexadecimal digits, or 8 and `.history`. */
  readonly name: string;
}

/** The backup tool at the repository. */
export interface BackupTool {
  version(): Promise<string>;
  repository(): Promise<Repository>;
  /** @returns false when another process holds the repository's lock: nothing was done then */
  createStanza(): Promise<boolean>;
  /** Writes a WAL switch and waits for its arrival. @throws when the archive does not work */
  check(timeout: number): Promise<void>;
  /** Takes a backup and expires nothing. */
  backup(type: BaseBackup["type"], timeout: number): Promise<void>;
  verify(timeout: number): Promise<VerifyReport>;
  /** Files of an archive id in the order of their names. */
  archive(archiveId: string): Promise<readonly ArchivedFile[]>;
  /** Content of a timeline's history file: where each timeline before it was left. */
  history(archiveId: string, timeline: number): Promise<string>;
  /** SHA-256 of the manifest as it lies in the repository. */
  manifestHash(label: string): Promise<string>;
  /** Labels that the declared retention would remove now. */
  expirable(): Promise<readonly string[]>;
  expire(timeout: number): Promise<void>;
}
