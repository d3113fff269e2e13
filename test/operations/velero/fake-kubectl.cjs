#!/usr/bin/env node
"use strict";
// A program that answers as kubectl does, over clusters that are files of FAKE_KUBE, with a Velero that comes one phase further each
// time it is looked at. What it shall do wrong stands in FAKE_KUBE/faults.json.
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const home = process.env.FAKE_KUBE;
const words = process.argv.slice(2);
const option = (name) => {
  const at = words.findIndex((word) => word === name || word.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return words[at].includes("=") ? words[at].slice(name.length + 1) : words[at + 1];
};
const VALUED = ["--context", "--kubeconfig", "--namespace", "-o", "-f"];
const plain = words.filter((word, i) => !word.startsWith("-") && !VALUED.includes(words[i - 1]));
const context = option("--context");
const namespace = option("--namespace") ?? "";
const read = (name, otherwise) => {
  const file = join(home, name);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : otherwise;
};
const write = (name, value) => writeFileSync(join(home, name), JSON.stringify(value));
const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};
const print = (value) => process.stdout.write(JSON.stringify(value));

appendFileSync(join(home, "calls.log"), `${words.join(" ")}\n`);
const number = readFileSync(join(home, "calls.log"), "utf8").split("\n").length - 1;
const faults = read("faults.json", {});
if (faults.says !== undefined) fail(faults.says);
if (faults.away !== undefined && number >= faults.away[0] && number <= faults.away[1])
  fail("The connection to the server 127.0.0.1:6443 was refused - connection refused");

const file = (cluster) => `${cluster}.json`;
let cluster = read(file(context), undefined);
if (cluster === undefined) fail(`error: context "${context}" does not exist`);
const keyOf = (resource, space, name) => `${resource.split(".")[0]}/${space}/${name}`;
/** Takes objects away. */
const drop = (which) => {
  cluster = Object.fromEntries(Object.entries(cluster).filter(([key]) => !which(key)));
};
const save = () => write(file(context), cluster);

const RESOURCES = {
  Backup: "backups",
  Restore: "restores",
  Namespace: "namespaces",
  NetworkPolicy: "networkpolicies",
};
/** Those of a cluster as a whole. */
const UNSPACED = ["namespaces", "persistentvolumes"];
const ENDED = ["Completed", "PartiallyFailed", "Failed", "FailedValidation"];

/** One phase further. */
function advance(resource, object) {
  const status = object.status ?? {};
  const now = new Date().toISOString();
  const phase = status.phase ?? "";
  if (ENDED.includes(phase)) return;
  if (phase === "") object.status = { phase: "New" };
  else if (phase === "New")
    object.status = { phase: "InProgress", startTimestamp: now, progress: { totalItems: 40 } };
  else if (phase === "InProgress") object.status = { ...status, phase: "WaitingForPluginOperations" };
  else if (resource === "backups") {
    object.status = { ...status, ...ENDING.backups, completionTimestamp: now, ...faults.backup };
    // The other cluster finds it in the shared location.
    if (faults.unseen !== true)
      for (const other of read("clusters.json", []).filter((each) => each !== context)) {
        const there = read(file(other));
        there[keyOf(resource, object.metadata.namespace, object.metadata.name)] = object;
        write(file(other), there);
      }
  } else {
    bringBack(object);
    object.status = { ...status, ...ENDING.restores, completionTimestamp: now, ...faults.restore };
  }
}

const ENDING = {
  backups: {
    phase: "Completed",
    progress: { totalItems: 40, itemsBackedUp: 40 },
    expiration: "2100-01-01T00:00:00Z",
    csiVolumeSnapshotsAttempted: 2,
    csiVolumeSnapshotsCompleted: 2,
    backupItemOperationsAttempted: 2,
    backupItemOperationsCompleted: 2,
  },
  restores: {
    phase: "Completed",
    progress: { totalItems: 40, itemsRestored: 40 },
    restoreItemOperationsAttempted: 2,
    restoreItemOperationsCompleted: 2,
  },
};

/** Puts what was in the namespace under its new name. */
function bringBack({ metadata, spec }) {
  const [[from, into]] = Object.entries(spec.namespaceMapping);
  const left = (spec.excludedResources ?? []).map((each) => each.split(".")[0]);
  for (const [key, object] of Object.entries(read("contents.json", {}))) {
    const [resource, space, name] = key.split("/");
    if (space !== from || left.includes(resource)) continue;
    const copy = JSON.parse(JSON.stringify(object));
    copy.metadata = {
      ...copy.metadata,
      namespace: into,
      creationTimestamp: new Date().toISOString(),
      labels: {
        ...copy.metadata.labels,
        "velero.io/restore-name": metadata.name,
        "velero.io/backup-name": spec.backupName,
      },
    };
    if (copy.kind === "Service") copy.spec = { ...copy.spec, clusterIP: "10.97.0.9" };
    if (faults.changes === name) copy.data = { ...copy.data, changed: "PLANTED-changed" };
    if (faults.loses === name) continue;
    cluster[keyOf(resource, into, name)] = copy;
  }
  cluster[keyOf("namespaces", "", into)] ??= { kind: "Namespace", metadata: { name: into, labels: {} } };
}

function get(resource, name) {
  const kinds = resource.split(",").map((each) => each.split(".")[0]);
  const [kind] = kinds;
  if (kinds.includes(faults.unknown))
    fail(`error: the server doesn't have a resource type "${faults.unknown}"`);
  if (name === undefined) {
    const items = Object.entries(cluster)
      .filter(([key]) => kinds.some((each) => key.startsWith(`${each}/${namespace}/`)))
      .map(([, object]) => object);
    return print({ kind: "List", items });
  }
  const key = keyOf(resource, UNSPACED.includes(kind) ? "" : namespace, name);
  const object = cluster[key];
  if (object === undefined) fail(`Error from server (NotFound): ${resource} "${name}" not found`);
  print(object);
  if (kind === "backups" || kind === "restores") advance(kind, object);
  // A namespace that ends is gone when it is looked at again.
  if (object.metadata.deletionTimestamp !== undefined)
    drop((each) => each === key || each.split("/")[1] === name);
  save();
}

const [verb, resource, name] = plain;
if (verb === "get") get(resource, name);
else if (verb === "create") {
  const object = JSON.parse(readFileSync(0, "utf8"));
  const kind = RESOURCES[object.kind];
  const key = keyOf(kind, object.metadata.namespace ?? "", object.metadata.name);
  if (cluster[key] !== undefined)
    fail(`Error from server (AlreadyExists): ${kind} "${object.metadata.name}" already exists`);
  cluster[key] = object;
  save();
} else if (verb === "delete") {
  const key = keyOf(resource, UNSPACED.includes(resource) ? "" : namespace, name);
  if (resource === "namespaces" && cluster[key] !== undefined)
    cluster[key].metadata.deletionTimestamp = new Date().toISOString();
  else drop((each) => each === key);
  save();
} else if (verb === "label") {
  const object = cluster[keyOf(resource, "", name)];
  const [label, value] = plain[3].split("=");
  object.metadata.labels = { ...object.metadata.labels, [label]: value };
  save();
} else fail(`error: unknown command "${verb}"`);
