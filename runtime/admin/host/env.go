package host

import (
	"strings"
	_ "unsafe" // for go:linkname
)

// runtime_envs is the environment that the process was started with. os.Getenv is not
// asked: packages that are initialised before main may have changed what it says, as
// those do that read a file .env in the current directory.
//
//go:linkname runtime_envs syscall.runtime_envs
func runtime_envs() []string

// startedWith is os.Getenv, of the environment that the process was started with.
func startedWith(name string) string {
	for _, e := range runtime_envs() {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}
