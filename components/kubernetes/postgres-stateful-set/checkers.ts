/*
 * What checkers of manifests are told to leave out, and why.
 */

/** Of the StatefulSet, for checkov. */
export const UNPROBED: Readonly<Record<string, string>> = {
  "checkov.io/skip1":
    "CKV_K8S_8=the container that reconciles serves nobody; when its script ends it is started again",
  "checkov.io/skip2":
    "CKV_K8S_9=the container that reconciles serves nobody; whether the server is ready is asked beside it",
};

/** Of Services for one member: kube-score does not know the label that the StatefulSet's controller gives each pod. */
export const ONE_POD: Readonly<Record<string, string>> = { "kube-score/ignore": "service-targets-pod" };
