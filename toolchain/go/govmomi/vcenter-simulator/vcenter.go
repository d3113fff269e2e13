package main

import (
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// Key of a VM's extra configuration; with the value "ignored" its snapshots are never quiesced, although Tools run.
const quiesceKey = "pgkeep.lab.quiesce"

// aliasClusters registers every cluster a second time, as ComputeResource:<id>: so the Terraform provider asks for it.
func aliasClusters(registry *simulator.Registry) {
	for _, item := range registry.All("ClusterComputeResource") {
		cluster, ok := item.(*simulator.ClusterComputeResource)
		if !ok {
			continue
		}
		alias := *cluster
		alias.Self = types.ManagedObjectReference{Type: "ComputeResource", Value: cluster.Self.Value}
		registry.Put(&alias)
	}
}

// watch gives new snapshots the laboratory's time, and takes "quiesced" from those that no Tools have quiesced: vCenter ignores
// the wish then without a word, whereas the library's simulator grants it to everybody. A session shows the laboratory's time,
// too: it is what clients learn vCenter's clock from.
//
// With hardware, a quiesced snapshot waits until the guest is frozen.
func watch(registry *simulator.Registry, clock labClock, hardware bool) {
	registry.AddHandler(&snapshotWatch{
		ManagedObjectReference: types.ManagedObjectReference{Type: "SnapshotWatch", Value: "snapshot-watch"},
		clock:                  clock,
		seen:                   map[types.ManagedObjectReference]bool{},
	})
	registry.Handler = func(ctx *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
		if ctx.Session != nil {
			ctx.Session.LoginTime = clock.now()
			if hardware {
				askFreeze(ctx, method)
			}
		}
		return nil, nil
	}
}

// tellHardware lets every cluster say which virtual hardware its VMs have, which the library leaves at 0: a client that compares
// would upgrade a VM that has it already.
func tellHardware(registry *simulator.Registry) {
	for _, item := range registry.All("ClusterComputeResource") {
		cluster, ok := item.(*simulator.ClusterComputeResource)
		if !ok || cluster.EnvironmentBrowser == nil {
			continue
		}
		if browser, ok := registry.Get(*cluster.EnvironmentBrowser).(*simulator.EnvironmentBrowser); ok {
			browser.QueryConfigOptionResponse.Returnval = &types.VirtualMachineConfigOption{
				Version:         "vmx-19",
				HardwareOptions: types.VirtualHardwareOption{HwVersion: 19},
				DefaultDevice:   esx.VirtualDevice,
			}
		}
	}
}

// complete puts a manager of roles in the place of the library's.
func complete(registry *simulator.Registry) {
	service, ok := registry.Get(vim25.ServiceInstance).(*simulator.ServiceInstance)
	if !ok {
		return
	}
	if manager, ok := registry.Get(*service.Content.AuthorizationManager).(*simulator.AuthorizationManager); ok {
		registry.Put(&roles{manager})
	}
}

// snapshotWatch is called by the registry after every change of an object.
type snapshotWatch struct {
	types.ManagedObjectReference
	clock labClock
	mutex sync.Mutex
	seen  map[types.ManagedObjectReference]bool
}

func (w *snapshotWatch) PutObject(*simulator.Context, mo.Reference)                    {}
func (w *snapshotWatch) RemoveObject(*simulator.Context, types.ManagedObjectReference) {}
func (w *snapshotWatch) UpdateObject(_ *simulator.Context, item mo.Reference, _ []types.PropertyChange) {
	vm, ok := item.(*mo.VirtualMachine)
	if !ok {
		return
	}
	// vCenter says where swap files go; the library's simulator forgets what it was told.
	if vm.Config != nil && vm.Config.SwapPlacement == "" {
		vm.Config.SwapPlacement = string(types.VirtualMachineConfigInfoSwapPlacementTypeInherit)
	}
	if vm.Snapshot == nil {
		return
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.walk(vm, vm.Snapshot.RootSnapshotList)
}

func (w *snapshotWatch) walk(vm *mo.VirtualMachine, tree []types.VirtualMachineSnapshotTree) {
	for i := range tree {
		if snapshot := &tree[i]; !w.seen[snapshot.Snapshot] {
			w.seen[snapshot.Snapshot] = true
			snapshot.CreateTime = w.clock.now()
			snapshot.Quiesced = snapshot.Quiesced && canQuiesce(vm)
		}
		w.walk(vm, tree[i].ChildSnapshotList)
	}
}

func canQuiesce(vm *mo.VirtualMachine) bool {
	if extra(vm.Config, quiesceKey) == "ignored" {
		return false
	}
	running := string(types.VirtualMachineToolsRunningStatusGuestToolsRunning)
	return vm.Guest != nil && vm.Guest.ToolsRunningStatus == running
}
