// Package host puts the parts together that take updates: the loader, the
// updater and the admin endpoint. The generated main of an executable calls
// Start; nothing else imports it.
package host

import (
	"errors"
	"fmt"
	"os"
	goruntime "runtime"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/admin"
	"github.com/upstarego/upstarego/runtime/loader"
	"github.com/upstarego/upstarego/runtime/moved"
	"github.com/upstarego/upstarego/runtime/update"
	"github.com/upstarego/upstarego/runtime/updater"
)

// Start serves the admin endpoint for a process that is what base says. It comes
// after runtime.First and before main.main; stop takes the endpoint down. Keys are the
// public keys, PEM, that the executable was built with.
//
// Whom the process trusts, and who may speak to it, is read now, from the environment
// that the process was started with: neither the program nor whoever can write files
// later has a say in it.
func Start(base loader.Base, keys string) (stop func()) {
	runtime.Current().Text = loader.HostText()
	trust, err := update.TrustIn(startedWith("UPSTARE_TRUST"), keys)
	if err != nil {
		fmt.Fprintf(os.Stderr, "upstarego: no update will be taken: %v; UPSTARE_TRUST names files with public keys and directories of *.pub, divided by colons, or is the word unsigned\n", err)
	}
	u := updater.New(&files{base: base, trust: trust})
	finish := startRehearsal(u)
	down := admin.Start(u, startedWith)
	return func() {
		finish()
		down()
	}
}

// files opens update files. Only the updater's goroutine calls it.
type files struct {
	base  loader.Base
	trust *update.Trust
	file  *update.File // what Check has verified is what Load loads

	digest, signedBy string
}

func (l *files) Check(path string) error {
	l.file, l.digest, l.signedBy = nil, "", ""
	f, err := update.Open(path, l.trust)
	if err != nil {
		if e := (*update.Error)(nil); errors.As(err, &e) {
			l.digest = e.Digest
		}
		return coded(err)
	}
	l.digest, l.signedBy = fmt.Sprintf("%x", f.Digest), f.SignedBy
	if err := belongs(f, l.base); err != nil {
		return err
	}
	l.file = f
	return nil
}

// Checked says what is known of the file that Check has seen last, whether it was
// refused or not: its digest, and the id of the trusted key that has signed it.
func (l *files) Checked() (digest, signedBy string) { return l.digest, l.signedBy }

// Mapped counts the modules that were loaded.
func (l *files) Mapped() (m updater.Mapped) {
	m.Committed, m.Abandoned, m.Text, m.Memory = loader.Mapped()
	return m
}

// belongs tells early, by its own code, of an update for another release: the
// loader compares everything else.
func belongs(f *update.File, base loader.Base) error {
	m := f.Manifest
	if m.GOOS == goruntime.GOOS && m.GOARCH == goruntime.GOARCH && m.Lineage == base.Lineage && m.Base != base.Node {
		return &updater.Error{Code: updater.CodeWrongBase,
			Message: fmt.Sprintf("%s updates release %s, the process runs %s (%q); build the update with -from naming the running release", f.Path(), m.Base, base.Node, base.Release)}
	}
	return nil
}

func (l *files) Load(path string) (updater.Module, error) {
	f := l.file
	l.file = nil
	if f == nil || f.Path() != path {
		return nil, errors.New(path + " was not checked")
	}
	m, err := loader.Load(f, l.base)
	if err != nil {
		return nil, coded(err)
	}
	return &module{l: l, m: m}, nil
}

// coded gives the error of a refused file its code.
func coded(err error) error {
	var e *update.Error
	if errors.As(err, &e) {
		return &updater.Error{Code: string(e.Code), Message: e.Message()}
	}
	return err
}

type module struct {
	l     *files
	m     *loader.Module
	moved moved.Paths
}

// Update initialises the packages that only the update itself can see, and those
// of the standard library. The inits of the program's and other new packages may
// have effects that cannot be undone: they wait for Commit.
func (m *module) Update() (*updater.Update, error) {
	if err := m.m.Init(m.aside); err != nil {
		return nil, err
	}
	v, err := m.m.Lookup("Upstare")
	if err != nil {
		return nil, err
	}
	f, ok := v.(func() *updater.Update)
	if !ok {
		return nil, fmt.Errorf("its Upstare is a %T, want func() *updater.Update", v)
	}
	u := f()
	m.moved = u.Moved.Back()
	u.Release.Text = m.m.Text()
	return u, nil
}

// aside tells which inits may run before commit.
func (m *module) aside(pkg string) bool {
	if slices.Contains(strings.Split(pkg, "/"), "upstare") {
		return true // generated: the update's main, frame maps, mirrors
	}
	if pkg == "main" {
		return false // the program's, whose functions do not tell its import path
	}
	for _, own := range slices.Concat(m.l.base.Own, m.m.Next().Own) {
		if pkg == own || strings.HasPrefix(pkg, own+"/") {
			return false
		}
	}
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".")
}

func (m *module) Commit(between func(step string) error) error {
	if err := m.m.Commit(); err != nil {
		return coded(err)
	}
	if err := between("methods"); err != nil {
		return err
	}
	// Packages that have another path are initialised, under the one that they had.
	m.m.Skip(func(pkg string) bool { return m.moved[pkg] != "" })
	if err := m.m.Init(nil); err != nil {
		return err
	}
	if err := between("inits"); err != nil {
		return err
	}
	m.l.base = m.m.Next()
	return nil
}

func (m *module) Abandon() error {
	if err := m.m.Abandon(); err != nil {
		return coded(err)
	}
	return nil
}
