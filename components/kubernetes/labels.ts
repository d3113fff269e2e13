type Labels = Readonly<Record<"app.kubernetes.io/name" | "app.kubernetes.io/instance", string>>;

/** Labels that the servers' pods of one site carry, whoever makes them: policies, rules and backups find them by these. */
export function serverLabels(cluster: string): Labels {
  return { "app.kubernetes.io/name": "postgresql", "app.kubernetes.io/instance": cluster };
}

/** The same of the jobs that take base backups and verify. */
export function archiveJobLabels(cluster: string): Labels {
  return { "app.kubernetes.io/name": "wal-archive", "app.kubernetes.io/instance": cluster };
}
