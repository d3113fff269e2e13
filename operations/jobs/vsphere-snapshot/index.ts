export { type VmCopy } from "./copies.js";
export { forecastVmSnapshot, type VmSnapshotForecast } from "./forecast.js";
export { look, pruneVm, vmJob, type VmJob } from "./job.js";
export { VM_SNAPSHOT_STEPS } from "./run.js";
export { vmSnapshot, type VmSnapshotResult } from "./snapshot.js";
export { vmTarget, type VmTarget } from "./target.js";
