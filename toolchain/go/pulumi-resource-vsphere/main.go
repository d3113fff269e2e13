// Command pulumi-resource-vsphere serves the Terraform provider for vSphere as a Pulumi plugin whose type tokens
// equal those of the published package (vsphere:index/virtualMachine:VirtualMachine and so on).
package main

import (
	"github.com/hashicorp/terraform-plugin-sdk/helper/schema"
	"github.com/hashicorp/terraform-provider-vsphere/vsphere"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv1 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v1"
)

// version is set by the linker.
var version = "0.0.0"

func main() {
	info := tfbridge.ProviderInfo{
		P:       shimv1.NewProvider(vsphere.Provider().(*schema.Provider)),
		Name:    "vsphere",
		Version: version,
		DataSources: map[string]*tfbridge.DataSourceInfo{
			// The one published token that the computed names would miss.
			"vsphere_storage_policy": {Tok: "vsphere:index/getPolicy:getPolicy"},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("vsphere_", "index", tokens.MakeStandard("vsphere")))
	info.SetAutonaming(255, "-")
	schema := []byte(`{"name":"vsphere","version":"` + version + `"}`)
	tfbridge.Main("vsphere", version, info, schema)
}
