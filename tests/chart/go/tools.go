//go:build tools

// Package tools names the programs that tests of the chart need, so that go.mod keeps them.
package tools

import _ "helm.sh/helm/v4/cmd/helm"
