package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/upstarego/upstarego/internal/embedded"
	"github.com/upstarego/upstarego/internal/gobuild"
)

var versionCommand = &command{
	name: "version", args: "[-json]", short: "print the versions that matter for a lineage",
	long: "Prints this command's version, the Go version it builds for, and the digest of\nthe runtime it compiles into programs. All releases of one lineage need the same\nGo minor version.",
	run: func(c *call) error {
		f := c.flags()
		raw := f.Bool("json", false, "print them as JSON")
		args, err := c.parse(f)
		if err != nil {
			return err
		}
		if len(args) > 0 {
			return c.misused("version takes no arguments")
		}
		version := "(devel)"
		if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
			version = info.Main.Version
		}
		digest, err := embedded.Digest()
		if err != nil {
			return err
		}
		if *raw {
			return c.json(map[string]string{
				"version": version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
				"builds_for": gobuild.SupportedGo + " linux/amd64", "runtime": digest,
			})
		}
		fmt.Fprintf(c.stdout, "upstarego %s\nbuilt with %s %s/%s\nbuilds for %s linux/amd64\nruntime %s\n",
			version, runtime.Version(), runtime.GOOS, runtime.GOARCH, gobuild.SupportedGo, digest)
		return nil
	},
}
