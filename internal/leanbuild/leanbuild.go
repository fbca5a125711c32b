// Package leanbuild is for tests that need many builds.
package leanbuild

import (
	"os"
	"os/exec"
)

// Flags keeps debug information out of what is built. It is a third of the linker's
// work, and few tests read it: script build, the demo and the tests of rewriter/link
// build as users do.
const Flags = "GOFLAGS=-ldflags=-w"

// collector leaves the go command's short-lived processes alone.
const collector = "GOGC=400"

// Prepare gives a build its environment. A test that sets GOFLAGS itself has that.
func Prepare(cmd *exec.Cmd, env ...string) {
	cmd.Env = append(cmd.Environ(), "GOWORK=off", collector)
	if os.Getenv("GOFLAGS") == "" {
		cmd.Env = append(cmd.Env, Flags)
	}
	cmd.Env = append(cmd.Env, env...)
}
