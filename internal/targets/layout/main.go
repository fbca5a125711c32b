// Command layout writes the module of a release of a program in examples/targets into a
// directory, and prints what upstarego's -instrument is to be.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/upstarego/upstarego/internal/targets"
)

func main() {
	dir := flag.String("dir", "examples/targets", "the `directory` of the targets")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: layout [flags] target version directory")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 3 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*dir, flag.Arg(0), flag.Arg(1), flag.Arg(2)); err != nil {
		fmt.Fprintln(os.Stderr, "layout:", err)
		os.Exit(1)
	}
}

func run(dir, target, version, to string) error {
	all, err := targets.Find(dir, target)
	if err != nil {
		return err
	}
	for _, r := range all[0] {
		if r.Version != version {
			continue
		}
		patterns, err := r.Instrument()
		if err != nil {
			return err
		}
		fmt.Println(strings.Join(patterns, ","))
		return r.LayOut(to)
	}
	return fmt.Errorf("%s has no release %s", target, version)
}
