// Command vcenter-simulator serves the vCenter simulator of the govmomi library, unchanged, with what a laboratory needs beside
// it: a clock that can be set, snapshots that are not quiesced where no Tools run, ids of new roles, the virtual hardware, clusters
// under the name by which the Terraform provider asks for them, and notices of what becomes of VMs.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/vmware/govmomi/simulator"

	_ "github.com/vmware/govmomi/lookup/simulator"
	_ "github.com/vmware/govmomi/pbm/simulator"
	_ "github.com/vmware/govmomi/ssoadmin/simulator"
	_ "github.com/vmware/govmomi/sts/simulator"
	_ "github.com/vmware/govmomi/vapi/cluster/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator"
	_ "github.com/vmware/govmomi/vsan/simulator"
)

// version is set by the linker.
var version = "v0.0.0"

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	model := simulator.VPX()
	counts := map[string]*int{
		"dc": &model.Datacenter, "cluster": &model.Cluster, "host": &model.ClusterHost, "standalone-host": &model.Host,
		"ds": &model.Datastore, "pool": &model.Pool, "vm": &model.Machine, "pg": &model.Portgroup,
	}
	for name, count := range counts {
		flag.IntVar(count, name, *count, "as vcsim")
	}
	listen := flag.String("l", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	certificate := flag.String("tlscert", "", "PEM file of the server's certificate")
	key := flag.String("tlskey", "", "PEM file of its key")
	user := flag.String("username", "", "the one user that may log in")
	password := flag.String("password-file", "", "file with that user's password")
	clock := flag.String("clock", "", "file with the moment (RFC 3339) that the clock showed when it was written; without it, this machine's")
	delay := flag.String("task-delay", "", "milliseconds that tasks take, such as CreateSnapshotEx:1500,RemoveSnapshot:800")
	tell := flag.Bool("tell-vms", false, "print a line for each VM that is made, powered on or off, or removed, and for each that is to be frozen, which is waited for")
	show := flag.Bool("version", false, "print the version and end")
	flag.Parse()
	if *show {
		fmt.Println(version)
		return nil
	}

	secret, err := os.ReadFile(*password)
	if err != nil {
		return fmt.Errorf("-password-file: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(*certificate, *key)
	if err != nil {
		return fmt.Errorf("-tlscert, -tlskey: %w", err)
	}
	if err := delayTasks(*delay); err != nil {
		return err
	}
	if err := model.Create(); err != nil {
		return err
	}
	defer model.Remove()
	aliasClusters(model.Map())
	complete(model.Map())
	tellHardware(model.Map())
	watch(model.Map(), labClock{file: *clock}, *tell)
	if *tell {
		tellMachines(model.Map())
	}

	model.Service.RegisterEndpoints = true
	model.Service.Listen = &url.URL{Host: *listen, User: url.UserPassword(*user, strings.TrimSpace(string(secret)))}
	model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	server := model.Service.NewServer()
	defer server.Close()
	fmt.Printf("listening on %s\n", server.URL.Host)

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
	return nil
}

// delayTasks makes tasks of these names run for a while, during which the objects that they change can be read, as in vCenter.
func delayTasks(text string) error {
	if text == "" {
		return nil
	}
	delays := map[string]int{"LockHandoff": 0}
	for _, item := range strings.Split(text, ",") {
		name, number, _ := strings.Cut(item, ":")
		milliseconds, err := strconv.Atoi(number)
		if err != nil {
			return fmt.Errorf("-task-delay: %q is not TASK:MILLISECONDS", item)
		}
		delays[name] = milliseconds
	}
	simulator.TaskDelay.MethodDelay = delays
	return nil
}
