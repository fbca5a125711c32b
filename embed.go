// Package upstarego carries, inside the command, the source of what runs inside
// the user's process. The command is in cmd/upstarego.
package upstarego

import "embed"

// ModulePath is the path under which user programs import the runtime.
const ModulePath = "github.com/upstarego/upstarego"

// Source holds the packages that are compiled into user programs, tests and all.
//
//go:embed runtime framemap/*.go
var Source embed.FS
