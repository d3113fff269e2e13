package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// roles answers a new role with its id, as vCenter does: the library's simulator answers 0 to everybody.
type roles struct {
	*simulator.AuthorizationManager
}

func (r *roles) AddAuthorizationRole(req *types.AddAuthorizationRole) soap.HasFault {
	answer := r.AuthorizationManager.AddAuthorizationRole(req)
	body, ok := answer.(*methods.AddAuthorizationRoleBody)
	if !ok || body.Fault_ != nil || len(r.RoleList) == 0 {
		return answer
	}
	made := &r.RoleList[len(r.RoleList)-1]
	made.RoleId = 0
	highest := int32(0)
	for _, role := range r.RoleList {
		highest = max(highest, role.RoleId)
	}
	made.RoleId = highest + 1
	body.Res.Returnval = made.RoleId
	return body
}
