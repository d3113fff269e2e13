// Command pulumi-resource-libvirt serves the Terraform provider for libvirt as a Pulumi plugin whose
// type tokens equal those of the published package (libvirt:index/domain:Domain and so on).
package main

import (
	"github.com/dmacvicar/terraform-provider-libvirt/libvirt"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// version is set by the linker.
var version = "0.0.0"

func main() {
	info := tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(libvirt.Provider()),
		Name:    "libvirt",
		Version: version,
		Resources: map[string]*tfbridge.ResourceInfo{
			// The one published token that the computed names would miss.
			"libvirt_cloudinit_disk": {Tok: "libvirt:index/cloudInitDisk:CloudInitDisk"},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("libvirt_", "index", tokens.MakeStandard("libvirt")))
	info.SetAutonaming(255, "-")
	schema := []byte(`{"name":"libvirt","version":"` + version + `"}`)
	tfbridge.Main("libvirt", version, info, schema)
}
