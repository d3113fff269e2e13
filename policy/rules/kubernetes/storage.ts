import { forEach, type Find, type Rule } from "../../rule.js";
import { parseImage } from "../../../components/declaration/index.js";
import { versionOf } from "../../text/image.js";
import { forEachDatabase, type Database } from "./database.js";
import { forEachCluster, objectRule, objectsRule, type KubernetesObject } from "./object.js";
import { variable, type Container, type Pod } from "./pod.js";
import { serverRule } from "./workloads.js";

/** Where the official image keeps the data of a major version, and the volume that it declares. */
function placesOf(major: number): { readonly data: string; readonly volume: string } {
  return major >= 18
    ? { data: `/var/lib/postgresql/${major}/docker`, volume: "/var/lib/postgresql" }
    : { data: "/var/lib/postgresql/data", volume: "/var/lib/postgresql/data" };
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory.replace(/\/$/, "")}/`);
}

/** The mount of a container that a path lies on: the deepest one. @throws NotKnownYet */
function mountOf({ at }: Container, path: string): ReturnType<Container["at"]["list"]>[number] | undefined {
  return at
    .list("volumeMounts")
    .filter((mount) => {
      const at = mount.text("mountPath");
      return at !== undefined && isWithin(path, at);
    })
    .toSorted((a, b) => (b.text("mountPath") ?? "").length - (a.text("mountPath") ?? "").length)[0];
}

/** Data directory of a server of the official image; undefined for other images, which have places of their own. */
function dataOf(server: Container): { readonly data: string; readonly major: number } | undefined {
  const image = parseImage(server.at.text("image") ?? "");
  const [major] = versionOf(image);
  if (image.name !== "postgres" || major === undefined) return undefined;
  return { data: variable(server, "PGDATA") ?? placesOf(major).data, major };
}

function judgeVolume(pod: Pod, mount: string, find: Find): void {
  const claimed = pod.object.spec
    .list("volumeClaimTemplates")
    .some((template) => template.at("metadata").text("name") === mount);
  if (claimed) return;
  const volume = pod.spec.list("volumes").find((each) => each.text("name") === mount);
  if (volume === undefined) find(`the volume ${mount} is nowhere declared`, pod.spec.at("volumes"));
  else if (!volume.has("persistentVolumeClaim"))
    find("the data directory lies on a volume that goes with the pod", volume);
}

/** Claims that the pods of a database mount, by name. @throws NotKnownYet */
function claimsOf({ pod }: Database): string[] {
  return (pod?.spec.list("volumes") ?? []).flatMap(
    (volume) => volume.at("persistentVolumeClaim").text("claimName") ?? [],
  );
}

/** True for a claim that a database keeps its files on: named in its pods, or made beforehand for one of its templates. */
function isClaimOf({ object, pod }: Database, { kind, namespace, name }: KubernetesObject): boolean {
  if (kind !== "core/PersistentVolumeClaim" || namespace !== object.namespace) return false;
  if (claimsOf({ object, pod }).includes(name)) return true;
  return object.spec.list("volumeClaimTemplates").some((template) => {
    const prefix = `${template.at("metadata").text("name") ?? ""}-${object.name}-`;
    return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
  });
}

/** Names of storage classes that a database asks for. @throws NotKnownYet */
function classesOf({ object, pod }: Database, objects: readonly KubernetesObject[]): string[] {
  const name = (value: string | undefined): string[] => (value === undefined ? [] : [value]);
  if (pod === undefined)
    return ["storage", "walStorage"].flatMap((key) => name(object.spec.at(key).text("storageClass")));
  return [
    ...object.spec
      .list("volumeClaimTemplates")
      .flatMap((template) => name(template.at("spec").text("storageClassName"))),
    ...objects
      .filter((each) => isClaimOf({ object, pod }, each))
      .flatMap(({ spec }) => name(spec.text("storageClassName"))),
  ];
}

/** Where the data lies, and that it stays. */
export const storageRules: readonly Rule[] = [
  serverRule({
    id: "kubernetes-data-on-claim",
    title: "A database's data directory lies on a persistent volume, where its image really keeps it.",
    severity: "critical",
    level: "mandatory",
    why: "postgres:18 keeps data in /var/lib/postgresql/18/docker and refuses to start with a mount on /var/lib/postgresql/data; 17 with a mount one level higher writes into a volume that goes with the container.",
    fix: "18: mount the claim at /var/lib/postgresql. 17: mount it at /var/lib/postgresql/data and set PGDATA to a directory below.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: (pod, find) => {
      const { server } = pod;
      const place = dataOf(server);
      if (place === undefined) return;
      const { data, major } = place;
      const { volume } = placesOf(major);
      const at = server.at.at("volumeMounts");
      const mount = mountOf(server, data);
      const path = mount?.text("mountPath") ?? "";
      if (
        major >= 18 &&
        server.at.list("volumeMounts").some((each) => each.text("mountPath") === "/var/lib/postgresql/data")
      )
        return find(`${major} refuses to start with a mount on /var/lib/postgresql/data`, at);
      if (mount === undefined) return find(`nothing is mounted on ${data}`, at);
      // The runtime puts an empty volume over the image's own, unless one is mounted exactly there.
      if (isWithin(data, volume) && !isWithin(path, volume))
        return find(`${volume} is a volume of the image, which hides what is mounted on ${path}`, at);
      if (path === data && major < 18 && !mount.has("subPath") && !mount.has("subPathExpr"))
        find(`${data} is the root of a file system, with lost+found in it: initdb refuses`, mount);
      judgeVolume(pod, mount.text("name") ?? "", find);
    },
  }),
  serverRule({
    id: "kubernetes-claims-retained",
    title: "Claims of a database stay when its StatefulSet goes or shrinks.",
    severity: "critical",
    level: "mandatory",
    why: "A StatefulSet is replaced whenever a field that cannot change does; with Delete its data goes with it.",
    fix: "persistentVolumeClaimRetentionPolicy with whenDeleted and whenScaled Retain, or left out.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: ({ object }, find) => {
      const policy = object.spec.at("persistentVolumeClaimRetentionPolicy");
      for (const key of ["whenDeleted", "whenScaled"])
        if (policy.at(key).value === "Delete") find("claims are deleted", policy.at(key));
    },
  }),
  serverRule({
    id: "kubernetes-claim-single-writer",
    title: "One node, better one pod, can write a database's volume.",
    severity: "high",
    level: "mandatory",
    why: "Two servers on one data directory destroy it; a lock file does not see the other node's process.",
    fix: "accessModes: [ReadWriteOncePod], or ReadWriteOnce where the driver is older.",
    controls: ["SOC 2 A1.2"],
    judge: ({ object }, find) =>
      forEach(object.spec.list("volumeClaimTemplates"), (template) => {
        const modes = template.at("spec").at("accessModes");
        for (const mode of template.at("spec").list("accessModes"))
          if (mode.value === "ReadWriteMany") find("many nodes may write", modes);
      }),
  }),
  objectsRule({
    id: "kubernetes-data-protected",
    title: "Claims, operated clusters and namespaces of databases are protected from deletion.",
    severity: "critical",
    level: "mandatory",
    why: "Deleting a namespace deletes every claim in it; deleting a CloudNativePG Cluster deletes its volumes.",
    fix: "resource options protect: true and retainOnDelete: true.",
    controls: ["SOC 2 A1.2", "SOC 2 CC8.1", "ISO 27001 A.8.13"],
    judge: (resources, find) =>
      forEachCluster(resources, (objects) =>
        forEachDatabase(objects, (database) => {
          const { object } = database;
          if (database.pod === undefined && !object.resource.protect)
            find(`${object.title} can be deleted`, object.resource);
          forEach(objects, (each) => {
            const holds =
              (each.kind === "core/Namespace" && each.name === object.namespace) || isClaimOf(database, each);
            if (holds && !each.resource.protect)
              find(`${each.title}, with the data of ${object.title}, can be deleted`, each.resource);
          });
        }),
      ),
  }),
  objectsRule({
    id: "kubernetes-storage-retained",
    title: "Volumes of databases outlive their claims.",
    severity: "high",
    level: "mandatory",
    why: "The default, Delete, destroys the disk as soon as the claim is gone.",
    fix: "reclaimPolicy: Retain in the StorageClass that databases ask for.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: (resources, find) =>
      forEachCluster(resources, (objects) => {
        const classes = objects.filter(({ kind }) => kind === "storage.k8s.io/StorageClass");
        forEachDatabase(objects, (database) => {
          const asked = classesOf(database, objects);
          forEach(classes, ({ at, name, resource }) => {
            if (asked.includes(name) && at.text("reclaimPolicy") !== "Retain")
              find(
                `${at.text("reclaimPolicy") ?? "Delete"} for the volumes of ${database.object.title}`,
                resource,
              );
          });
        });
      }),
  }),
  objectRule({
    id: "kubernetes-volume-retained",
    title: "Persistent volumes that are declared outlive their claims.",
    severity: "high",
    level: "mandatory",
    kinds: ["core/PersistentVolume"],
    why: "Delete destroys the disk as soon as the claim is gone; Recycle wipes it.",
    fix: "persistentVolumeReclaimPolicy: Retain, the default of volumes made by hand.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: ({ spec }, find) => {
      const policy = spec.at("persistentVolumeReclaimPolicy");
      if (policy.value !== undefined && policy.value !== "Retain") find(`${policy.shown} is set`, policy);
    },
  }),
];
