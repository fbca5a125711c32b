// Package link decides, symbol by symbol, what a release shares with the process
// it is loaded into, writes that down as a linker version script, and reads the
// finished file back to see that the linker did as it was told.
//
// The build driver's calls, for an executable and for an update alike:
//
//	plan, err := link.Plan(link.Input{…})            // go list -export: compiles, does not link
//	script, err := plan.WriteScript(dir)             // a file named by its content
//	go build <Input.Flags> -ldflags=<plan.LDFlags(script)> …
//	findings, err := link.Audit(host, updates, plan.Symbols)
//	update.Write(w, manifest, object)                // updates only; see runtime/update
//
// plan.Symbols goes into the release's ledger; the next release gets it back as
// Input.Previous.
package link

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/upstarego/upstarego/internal/slim"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// Input is what Plan works from.
type Input struct {
	Dir   string   // where go list runs
	Env   []string // its environment; nil means that of this process
	Flags []string // go build flags: -overlay=…, -modfile=…, -toolexec=…, -tags=…, -trimpath, …
	Main  string   // the main package to be linked, an import path or ./folder

	// Named, if it is there, gives the import path that the main package is linked with,
	// once the release's node is known: Main is the same under another name.
	Named func(node string) string

	Update  bool   // link with -buildmode=plugin; otherwise an executable
	Release string // the user's name of the release

	Previous *ledger.Symbols // of the base release; nil for the first of a lineage

	// Own are the packages that are compiled anew for every release even where
	// their source did not change: instrumented code polls its own release's
	// state word. OwnVars are package variables of theirs, by name, of which
	// every release has one of its own.
	Own     []string
	OwnVars []string

	// Private are packages of which each update's module has one of its own,
	// package variables included, changed or not.
	Private []string
	// Generated are the packages that are made anew for every release: the
	// update's main package (the exported symbols of Main stay findable), its frame map.
	Generated []string
	// Seen, if it is there, keeps what was found in a compiled package for the next Plan:
	// an executable and its update have most packages in common.
	Seen *Seen

	// Fixed are packages that a lineage may not change (the embedded runtime);
	// a name ending in /... stands for everything beneath it.
	Fixed []string
}

// Result is what Plan found.
type Result struct {
	Symbols *ledger.Symbols
	Script  string // text of the version script

	// Recompiled are the packages whose code this release does not share (what
	// update.Manifest.Recompiled wants), ChangedNow those that differ from the base release. Both are sorted.
	Recompiled []string
	ChangedNow []string

	// NewTypes and NewVars are the linker names that carry this release's node;
	// a new variable of a package that the process already has starts at zero or
	// at its static value: its package's init does not run again.
	NewTypes []string
	NewVars  []string

	// Unmade are variables of packages that are not Own, with what is wrong with them: they begin with what
	// only an init function makes, which does not run again, and the process has nothing like it.
	Unmade []string

	// Hashes are the source hashes of all non-standard packages but the
	// generated ones: what update.Manifest.Packages and loader.Base.Packages want.
	Hashes map[string]string

	// Shared names, for the loader, the variables of re-compiled packages that
	// the process must already have, by mangled linker name, with their nodes:
	// what update.Manifest.Shared wants.
	Shared map[string]string

	// Slim, of an update, tells what it need not carry. Its linker is still to be named.
	Slim *slim.Config
}

// Linked notes in the release's symbols what its executable, the finished file,
// offers to updates: those of this release and of the ones that follow leave it out
// if the executables before have it as well.
func (r *Result) Linked(executable string) error { return Linked(r.Symbols, executable) }

// Linked is Result.Linked for symbols that stand alone.
func Linked(syms *ledger.Symbols, executable string) error {
	has, err := slim.Exported(executable, syms.Nodes[0])
	if err != nil {
		return err
	}
	if len(syms.Nodes) > 1 {
		before, err := slim.Decode(syms.Process)
		if err != nil {
			return err
		}
		has = has.And(before)
	}
	syms.Process = has.Encode()
	return nil
}

// WriteScript writes the version script into dir under a name that tells its
// content, for the go command does not hash what linker flags point to.
func (r *Result) WriteScript(dir string) (string, error) {
	sum := sha256.Sum256([]byte(r.Script))
	path := filepath.Join(dir, hex.EncodeToString(sum[:6])+".map")
	return path, os.WriteFile(path, []byte(r.Script), 0o666)
}

// LDFlags is the value of go build's -ldflags for this link. extra are further
// linker flags of the user's, already quoted for -ldflags.
func (r *Result) LDFlags(script string, extra ...string) string {
	// The quoted part may not come first: the go command would take the quote for
	// one around the whole value.
	s := "-checklinkname=0 '-extldflags=-Wl,--version-script=" + script + "'"
	for _, e := range extra {
		s += " " + e
	}
	return s
}
