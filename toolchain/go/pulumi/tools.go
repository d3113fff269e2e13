//go:build tools

// Package tools pins the engine's command, so that `go mod tidy` keeps it in go.mod and go.sum.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
