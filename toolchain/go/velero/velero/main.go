// Command velero is Velero's server and command line. It differs from its makers' in one thing: what their controllers tell of themselves
// is not served on port 8080 of every address, where a second server of the machine would find it taken.
package main

import (
	"os"
	"path/filepath"

	"github.com/vmware-tanzu/velero/pkg/cmd"
	"github.com/vmware-tanzu/velero/pkg/cmd/velero"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

func main() {
	defer klog.Flush()
	// "0" is nowhere.
	server.DefaultBindAddress = "0"
	cmd.CheckError(velero.NewCommand(filepath.Base(os.Args[0])).Execute())
}
