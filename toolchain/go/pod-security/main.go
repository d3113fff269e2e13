// Command pod-security judges pods by the restricted level of the Pod Security Standards, with the library by which the API server
// admits them. It reads a list of pods' metadata and specs as JSON, and writes what the library says about each.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// version is set by the linker.
var version = "v0.0.0"

// pod is one, or the template of some.
type pod struct {
	Name     string
	Metadata metav1.ObjectMeta
	Spec     corev1.PodSpec
}

// verdict is what is said about a pod.
type verdict struct {
	Name   string
	Checks int
	Faults []string
}

func main() {
	show := flag.Bool("version", false, "print the version")
	flag.Parse()
	if *show {
		fmt.Println(version)
		return
	}
	if err := judge(); err != nil {
		log.Fatal(err)
	}
}

func judge() error {
	var pods []pod
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&pods); err != nil {
		return err
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		return err
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	verdicts := []verdict{}
	for _, each := range pods {
		results := evaluator.EvaluatePod(level, &each.Metadata, &each.Spec)
		faults := []string{}
		for _, result := range results {
			if !result.Allowed {
				faults = append(faults, fmt.Sprintf("%s: %s", result.ForbiddenReason, result.ForbiddenDetail))
			}
		}
		verdicts = append(verdicts, verdict{each.Name, len(results), faults})
	}
	return json.NewEncoder(os.Stdout).Encode(verdicts)
}
