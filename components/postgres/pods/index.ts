export {
  ARCHIVE_FILES,
  ARCHIVE_PATHS,
  archiveOf,
  renderArchiveSecrets,
  renderJobArchiveConf,
  renderMemberArchiveConf,
  renderServerArchiveConf,
} from "./archive.js";
export { ARCHIVE_DEADLINE, freshness, renderBackupScript, renderVerifyScript } from "./archive-scripts.js";
export { POD_PATHS, podDataDirectory, podDataMount, slotOf } from "./layout.js";
export {
  kubernetesSite,
  leadAt,
  membersAt,
  podPeers,
  podSubject,
  serviceHost,
  serviceNames,
  type PodPeer,
} from "./members.js";
export { renderPrepareScript, renderReconcileScript } from "./scripts.js";
export {
  podHbaRules,
  podSettings,
  renderPasswd,
  renderPgpass,
  renderPodConf,
  renderPodHba,
} from "./settings.js";
