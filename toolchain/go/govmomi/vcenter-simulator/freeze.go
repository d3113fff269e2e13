package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// Key of a VM's extra configuration; a new value says that its guest is frozen.
const frozenKey = "pgkeep.lab.frozen"

// As long as Tools may take for the scripts in the guest, about; a guest that is not frozen by then is not waited for.
const freezeLimit = 90 * time.Second

// askFreeze prints a line `vm {…,"freeze":true}` before a quiesced snapshot and waits until whoever stands in for the hardware has
// let the guest's Tools do their part. Nothing of the simulator is locked meanwhile.
func askFreeze(ctx *simulator.Context, method *simulator.Method) {
	if !quiesces(method.Body) {
		return
	}
	vm, ok := ctx.Map.Get(method.This).(*simulator.VirtualMachine)
	if !ok {
		return
	}
	read := func() (value string, told told, can bool) {
		ctx.WithLock(vm, func() {
			value, told, can = extra(vm.Config, frozenKey), describe(&vm.VirtualMachine), canQuiesce(&vm.VirtualMachine)
		})
		return value, told, can
	}
	before, line, can := read()
	if !can {
		return
	}
	line.Freeze = true
	text, err := json.Marshal(line)
	if err != nil {
		return
	}
	fmt.Printf("vm %s\n", text)
	for end := time.Now().Add(freezeLimit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if now, _, _ := read(); now != before {
			return
		}
	}
}

func quiesces(body any) bool {
	switch request := body.(type) {
	case *types.CreateSnapshot_Task:
		return request.Quiesce
	case *types.CreateSnapshotEx_Task:
		return request.QuiesceSpec != nil
	}
	return false
}

// extra is a value of a VM's extra configuration, or nothing.
func extra(config *types.VirtualMachineConfigInfo, key string) string {
	for _, option := range config.ExtraConfig {
		if value := option.GetOptionValue(); value != nil && value.Key == key {
			return fmt.Sprint(value.Value)
		}
	}
	return ""
}
