//go:build tools

// Package tools pins the program, so that `go mod tidy` keeps it in go.mod and go.sum.
package tools

import _ "github.com/yannh/kubeconform/cmd/kubeconform"
