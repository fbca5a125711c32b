package main

import (
	"debug/elf"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/runtime/update"
)

var objectCommand = &command{
	name: "object", args: "[-addr A | -pid P | -status FILE] [-token FILE] [-tls-cert FILE -tls-key FILE -tls-ca FILE] -o FILE.so FILE.update", short: "take an update's code out of its file, for a debugger",
	long: `Writes the shared object that is in an update file, with its debug information. A
process maps it from memory, where debuggers do not find it.

With a process that has the release, or, with -status, what upstarego status -json
has said of one, prints the command by which gdb reads it at the right place.`,
	run: runObject,
}

func runObject(c *call) error {
	f := c.flags()
	var w which
	w.register(f)
	saved := f.String("status", "", "the releases are those in `FILE`, which upstarego status -json has written")
	out := f.String("o", "", "write the object to `FILE.so`")
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if len(args) != 1 || *out == "" {
		return c.misused("object takes -o and one update file")
	}
	anybody, err := update.TrustIn("unsigned", "")
	if err != nil {
		return err
	}
	u, err := update.Open(args[0], anybody)
	if err != nil {
		return diag.New(diag.BadUsage, noPos, args[0]+" cannot be looked into", err.Error(), "name an update file")
	}
	if err := writeObject(*out, u.Object); err != nil {
		return diag.New(diag.NothingToCreate, noPos, "the object cannot be written", err.Error(), "name another place with -o")
	}
	if *saved == "" && w.addr == "" && w.pid == 0 {
		return nil
	}
	releases, err := c.releasesOf(&w, *saved)
	if err != nil {
		return err
	}
	for _, r := range releases {
		if r.ID != u.Manifest.Node {
			continue
		}
		at, err := strconv.ParseUint(strings.TrimPrefix(r.Text[0], "0x"), 16, 64)
		if err != nil {
			return err
		}
		from, err := textOf(u.Object)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.stdout, "add-symbol-file %s -o %#x\n", *out, at-from)
		return err
	}
	return diag.New(diag.BadUsage, noPos, "the process does not have release "+u.Manifest.Node, "", "name the update file that brought it")
}

func writeObject(name string, o *update.Object) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	err = o.WriteSparse(f, o.Size())
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// textOf is where an object's Go code begins in its own addresses.
func textOf(object *update.Object) (uint64, error) {
	f, err := elf.NewFile(object)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return 0, err
	}
	for _, s := range symbols {
		if s.Name == "runtime.text" {
			return s.Value, nil
		}
	}
	return 0, fmt.Errorf("it has no symbol runtime.text: it was built with -ldflags=-s")
}
