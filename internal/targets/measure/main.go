// Command measure prints how much of the steps between releases of the programs in
// examples/targets is inferred, and what is left to decide.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/upstarego/upstarego/internal/targets"
)

func main() {
	dir := flag.String("dir", "examples/targets", "the `directory` of the targets")
	list := flag.Bool("list", false, "list the decisions, too")
	file := flag.String("json", "", "write the table to this `file` too")
	drafts := flag.String("drafts", "", "leave the drafts in this `directory`")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: measure [flags] [target...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(*dir, *list, *file, *drafts, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(dir string, list bool, file, drafts string, names []string) error {
	all, err := targets.Find(dir, names...)
	if err != nil {
		return err
	}
	var pairs []targets.Pair
	for _, releases := range all {
		l, err := targets.Measure(releases, drafts, os.Stderr)
		if err != nil {
			return err
		}
		pairs = append(pairs, l...)
	}
	if file != "" {
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		err = targets.WriteJSON(f, pairs)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
	}
	return targets.WriteTable(os.Stdout, pairs, list)
}
