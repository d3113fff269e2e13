import {
  isFloating,
  isPinned,
  KNOWN_MINORS,
  parseImage,
  type ImageReference,
} from "../../../components/declaration/index.js";
import type { Node } from "../../node.js";
import { forEach, resourceRule, type Find, type ResourceRule, type Rule } from "../../rule.js";
import { isOlder, versionOf } from "../../text/image.js";
import { isServerImage } from "./database.js";
import { objectsOf, typesOf, type KubernetesObject } from "./object.js";
import { containersOf, POD_KINDS, podOf } from "./pod.js";

/** Custom resources that name images, and where. */
const IN_CUSTOM_RESOURCES: Readonly<Record<string, string>> = {
  "postgresql.cnpg.io/Cluster": "imageName",
  "postgres-operator.crunchydata.com/PostgresCluster": "image",
  "acid.zalan.do/postgresql": "dockerImage",
  "pgv2.percona.com/PerconaPGCluster": "image",
};

/** Every image that an object names. @throws NotKnownYet */
function imagesOf(object: KubernetesObject): Node[] {
  const place = IN_CUSTOM_RESOURCES[object.kind];
  if (place !== undefined) return object.spec.has(place) ? [object.spec.at(place)] : [];
  const pod = podOf(object);
  if (pod === undefined) return [];
  return [
    ...containersOf(pod).map(({ at }) => at.at("image")),
    ...pod.spec
      .list("volumes")
      .filter((volume) => volume.has("image"))
      .map((volume) => volume.at("image").at("reference")),
  ];
}

/** Declares a rule about every image that pods and custom resources name. */
function imageRule({
  judge,
  ...rule
}: Omit<ResourceRule, "scope" | "types" | "judge" | "parameters"> & {
  readonly judge: (image: ImageReference, find: (problem: string) => void, at: Node) => void;
}): ResourceRule {
  return resourceRule({
    ...rule,
    types: typesOf(...POD_KINDS, ...(Object.keys(IN_CUSTOM_RESOURCES) as `${string}/${string}`[])),
    judge: (resource, find: Find) =>
      forEach(objectsOf(resource).flatMap(imagesOf), (at) => {
        const { value } = at;
        judge(parseImage(typeof value === "string" ? value : ""), (problem) => find(problem, at), at);
      }),
  });
}

/** Versions that must not run, and why. `below` is the first sound one of its line. */
const UNSAFE: readonly {
  readonly name: RegExp;
  readonly is: (version: readonly number[], image: ImageReference) => boolean;
  readonly why: string;
}[] = [
  {
    name: /(?:^|\/)aquasec(?:urity)?\/trivy$/,
    is: ([major, minor, patch]) => major === 0 && minor === 69 && [4, 5, 6].includes(patch ?? -1),
    why: "was published with malicious code in March 2026 (CVE-2026-33634)",
  },
  {
    name: /(?:^|\/)aquasec(?:urity)?\/trivy$/,
    is: (_, { tag, digest }) => (tag === "" && digest === "") || tag === "latest",
    why: "stood for malicious code in March 2026 (CVE-2026-33634), and may again",
  },
  {
    name: /(?:^|\/)cloudnative-pg\/cloudnative-pg$/,
    is: (version) => version.length > 0 && isOlder(version, [1, 29, 2]),
    why: "lets a role become superuser by search_path (CVE-2026-55769); 1.29.2 and 1.30.0 do not",
  },
];

/** What runs is known, and known to be sound. */
export const imageRules: readonly Rule[] = [
  imageRule({
    id: "kubernetes-image-pinned",
    title: "Every image is named by version and digest.",
    severity: "high",
    level: "mandatory",
    why: "A tag can be moved to other content at any time; a digest alone tells nobody which version runs.",
    fix: "name:version@sha256:digest, such as postgres:18.6-trixie@sha256:….",
    controls: ["CIS Kubernetes 5.5.1", "SOC 2 CC6.8", "ISO 27001 A.8.9"],
    judge: (image, find) => {
      const { repository, tag } = image;
      if (repository === "") return find("no image is named");
      if (!isPinned(image)) find(`${repository} is not pinned by a sha256 digest`);
      if (tag === "") find(`${repository} names no version`);
      else if (isFloating(image)) find(`${repository}:${tag} is whatever it was last set to`);
    },
  }),
  imageRule({
    id: "kubernetes-image-sound",
    title: "No image is one of those known to be malicious or broken open.",
    severity: "critical",
    level: "mandatory",
    why: "Trivy 0.69.4 to 0.69.6 stole credentials from the pods that scanned; old operators hand out superuser rights.",
    fix: "Trivy 0.76.2 and CloudNativePG 1.30.0 or newer, by digest.",
    controls: ["PCI DSS 6.3.3", "SOC 2 CC6.8", "ISO 27001 A.8.8"],
    judge: (image, find) => {
      for (const { name, is, why } of UNSAFE)
        if (name.test(image.repository) && is(versionOf(image), image))
          find(`${image.repository}:${image.tag || "latest"} ${why}`);
    },
  }),
  imageRule({
    id: "kubernetes-image-official",
    title: "PostgreSQL's official image is called postgres.",
    severity: "high",
    level: "mandatory",
    why: "There is no official image postgresql: the pod does not start, or runs what a stranger published under that name.",
    fix: "postgres:18.6@sha256:….",
    controls: ["CIS Kubernetes 5.5.1", "SOC 2 CC6.8"],
    judge: ({ repository }, find) => {
      if (/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?postgresql$/.test(repository))
        find(`${repository} is no official image`);
    },
  }),
  imageRule({
    id: "kubernetes-postgres-minor-safe",
    title: "PostgreSQL runs in a supported major and a minor without known serious defects.",
    severity: "high",
    level: "mandatory",
    why: "17.10 and 18.4 fixed eleven vulnerabilities, among them one in pg_basebackup and pg_rewind; a tag of the major alone tells nobody what runs.",
    fix: `postgres:17.${KNOWN_MINORS[17]} or postgres:18.${KNOWN_MINORS[18]}, or newer.`,
    controls: ["PCI DSS 6.3.3", "ISO 27001 A.8.8"],
    judge: (image, find) => {
      // Other images number their own releases; these two are numbered as PostgreSQL is.
      if (!/(?:^|\/)(?:postgres|postgresql)$/.test(image.repository) || !isServerImage(image.repository))
        return;
      const [major, minor] = versionOf(image);
      if (major === undefined) return; // kubernetes-image-pinned speaks of tags without a version.
      const least = (KNOWN_MINORS as Readonly<Record<number, number>>)[major];
      if (least === undefined) find(`PostgreSQL ${major} is not supported`);
      else if (minor === undefined) find(`${image.tag} does not say which minor of ${major} it is`);
      else if (minor < least) find(`${major}.${minor} is older than ${major}.${least}`);
    },
  }),
];
