//go:build tools

// Package tools names the program to build, so that its modules are pinned by go.mod and go.sum.
package tools

import _ "sigs.k8s.io/kind"
