// Command pulumi-resource-kubernetes is the official Kubernetes plugin. Its own main package is no part of what the module holds
// ready to build: the files that it embeds are written beside it by its makers' build. Ours embeds the two they are written from.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

// version is set by the linker.
var version = "0.0.0"

// The build lays both files here, out of the module.
var (
	//go:embed schema.json
	schema []byte

	//go:embed terraform-mapping.json
	terraformMapping []byte
)

func main() {
	provider.Serve("kubernetes", version, schema, terraformMapping)
}
