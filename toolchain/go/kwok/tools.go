//go:build tools

// Package tools pins the programs, so that `go mod tidy` keeps them in go.mod and go.sum.
package tools

import (
	_ "sigs.k8s.io/kwok/cmd/kwok"
)
