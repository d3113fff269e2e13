package main

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// told is what somebody who stands in for the hardware learns of a VM.
type told struct {
	ID         string            `json:"id"`
	Name       string            `json:"name,omitempty"`
	UUID       string            `json:"uuid,omitempty"`
	InstanceID string            `json:"instanceUuid,omitempty"`
	Power      string            `json:"power"`
	Template   bool              `json:"template,omitempty"`
	Freeze     bool              `json:"freeze,omitempty"`
	Config     map[string]string `json:"extraConfig,omitempty"`
	Disks      []toldDisk        `json:"disks,omitempty"`
}

type toldDisk struct {
	Label string `json:"label"`
	UUID  string `json:"uuid"`
	Bytes int64  `json:"bytes"`
}

// teller prints a line `vm {…}` for every VM that is made, changes its power state or is removed.
type teller struct {
	types.ManagedObjectReference
	mutex sync.Mutex
	last  map[types.ManagedObjectReference]string
}

func tellMachines(registry *simulator.Registry) {
	registry.AddHandler(&teller{
		ManagedObjectReference: types.ManagedObjectReference{Type: "Teller", Value: "teller"},
		last:                   map[types.ManagedObjectReference]string{},
	})
}

func (t *teller) PutObject(_ *simulator.Context, item mo.Reference) { t.tell(item) }

func (t *teller) UpdateObject(_ *simulator.Context, item mo.Reference, _ []types.PropertyChange) {
	t.tell(item)
}

func (t *teller) RemoveObject(_ *simulator.Context, ref types.ManagedObjectReference) {
	if ref.Type == "VirtualMachine" {
		t.print(ref, told{ID: ref.Value, Power: "removed"}, "removed")
	}
}

func (t *teller) tell(item mo.Reference) {
	var vm *mo.VirtualMachine
	switch found := item.(type) {
	case *mo.VirtualMachine:
		vm = found
	case *simulator.VirtualMachine:
		vm = &found.VirtualMachine
	default:
		return
	}
	if vm.Config == nil {
		return
	}
	line := describe(vm)
	t.print(vm.Self, line, line.Power+line.Name+line.UUID)
}

// describe is what hardware needs to know of a VM that is configured.
func describe(vm *mo.VirtualMachine) told {
	power := string(vm.Runtime.PowerState)
	if power == "" {
		power = string(types.VirtualMachinePowerStatePoweredOff)
	}
	line := told{
		ID: vm.Self.Value, Name: vm.Config.Name, UUID: vm.Config.Uuid, InstanceID: vm.Config.InstanceUuid,
		Power: power, Template: vm.Config.Template, Config: map[string]string{},
	}
	for _, option := range vm.Config.ExtraConfig {
		if value := option.GetOptionValue(); value != nil {
			line.Config[value.Key] = fmt.Sprint(value.Value)
		}
	}
	for _, device := range vm.Config.Hardware.Device {
		disk, ok := device.(*types.VirtualDisk)
		if !ok {
			continue
		}
		if file, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo); ok {
			label := ""
			if disk.DeviceInfo != nil {
				label = disk.DeviceInfo.GetDescription().Label
			}
			line.Disks = append(line.Disks, toldDisk{Label: label, UUID: file.Uuid, Bytes: disk.CapacityInBytes})
		}
	}
	return line
}

func (t *teller) print(ref types.ManagedObjectReference, line told, state string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.last[ref] == state {
		return
	}
	t.last[ref] = state
	if text, err := json.Marshal(line); err == nil {
		fmt.Printf("vm %s\n", text)
	}
}
