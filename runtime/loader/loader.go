// Package loader brings the code of an update into the running process.
//
// Load opens an update so that the program cannot tell: old code's type
// assertions answer as before, no init function has run, and whatever is loaded
// later binds to nothing of it. Commit makes it part of the program. Abandon, at
// any time before the next Load, takes back what Commit did.
//
//	Load ──► loaded ──Commit──► committed ──next Load──► for good
//	            └────Abandon────► abandoned ◄──Abandon──┘
//
// How each promise is kept:
//
//   - The module is opened with RTLD_LOCAL and promoted to the global scope by
//     the Load that follows its commit. So an abandoned module is never searched.
//   - The runtime's own sequence (plugin.Open) registers itabs and runs inits;
//     this package calls its parts, without those two.
//   - For one pair of interface and type there is one itab, or interface values
//     and map keys would differ that are equal. Where the process has one, the
//     new module's references are changed to it; see itabs.go.
//   - The types of an abandoned module leave the runtime's type lists; else a
//     repaired release's types would be merged with them.
package loader

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/update"
)

// Base is what the running process says about itself.
type Base struct {
	Lineage  string            // node of the lineage's first release
	Node     string            // node of the release that runs
	Nodes    []string          // nodes of the executable's own ledger: what it defines itself
	Release  string            // the user's name of the release that runs
	Flags    []string          // build flags of the lineage
	Packages map[string]string // source hashes of the packages in the process (link.Result.Hashes)

	// Own are the import paths of the program's own packages; what lies beneath
	// one is meant as well. Methods of their types are redirected at commit.
	Own []string

	// Dir is where the object is put to be mapped; empty: in memory, or where
	// that is not possible in the directory for temporary files.
	Dir string
}

type state int

const (
	loaded state = iota
	committed
	lasting // promoted: others may bind to it
	abandoned
)

// Module is an update's code in this process.
type Module struct {
	file  update.Manifest
	base  Base
	state state

	lib *library
	md  *moduledata
	end uintptr // of its memory

	bound  []uintptr         // by dynamic symbol: where references to it lead
	slots  map[int][]uintptr // by dynamic symbol: the places that hold its address
	obj    *object
	copies map[*rtype]*rtype // shared types of the program's own → the module's copy, with the new methods
	copied map[int32]*rtype  // what the copies' offsets lead to, beside typemap

	ifaces            []*interfaceType // of the module's own
	asserts, switches []cacheSites

	// md's own, which the garbage collector does not see there
	typemap   map[int32]unsafe.Pointer
	typelinks []int32

	itabs itabWork
	undo  journal
}

// Text is where the module's code lies.
func (m *Module) Text() [2]uintptr { return [2]uintptr{m.md.text, m.md.etext} }

// HostText is where the executable's code lies. It is asked for before anything is loaded.
func HostText() [2]uintptr { return [2]uintptr{lastmoduledatap.text, lastmoduledatap.etext} }

// process is what was loaded into this process so far.
var process struct {
	sync.Mutex
	modules []*Module
	host    *hostInfo
}

// Mapped counts the modules in this process, with the bytes of their code and of all
// their memory. None is ever unmapped.
func Mapped() (kept, givenUp int, text, memory uint64) {
	process.Lock()
	defer process.Unlock()
	for _, m := range process.modules {
		switch m.state {
		case loaded:
			continue // it is one of the two soon
		case abandoned:
			givenUp++
		default:
			kept++
		}
		if m.md != nil && m.holds(m.md.text) {
			text += uint64(m.md.etext - m.md.text)
		}
		memory += uint64(m.end - m.lib.base)
	}
	return kept, givenUp, text, memory
}

// Load opens an update. When it fails nothing has changed, and the error is an
// *update.Error.
func Load(f *update.File, base Base) (*Module, error) {
	process.Lock()
	defer process.Unlock()
	if err := accept(f, base); err != nil {
		return nil, err
	}
	refuse := func(code update.Code, err error) error {
		return &update.Error{Code: code, Path: f.Path(), Why: err.Error(), Err: err}
	}
	for _, m := range process.modules {
		if m.state == loaded {
			return nil, refuse(update.WrongState, fmt.Errorf("release %q is loaded and neither committed nor abandoned", m.file.Release))
		}
	}
	if err := settle(); err != nil {
		return nil, refuse(update.NotLoadable, err)
	}
	obj, err := readObject(f.Object)
	if err != nil {
		return nil, refuse(update.NotLoadable, err)
	}
	if pluginsMu != nil {
		pluginsMu.Lock()
		defer pluginsMu.Unlock()
	}
	known.catchUp()
	last := lastmoduledatap
	if obj.loads > uint64(f.Object.Size()) {
		return nil, refuse(update.NotLoadable, errors.New("the object is cut short"))
	}
	lib, err := mapObject(f.Object, int64(obj.loads), base.Dir) // its memory file is there for good
	if err != nil {
		return nil, refuse(update.NotLoadable, lacking(err))
	}
	md := lastmoduledatap
	m := &Module{file: f.Manifest, base: base, lib: lib, md: md, obj: obj, end: lib.base + uintptr(obj.size)}
	process.modules = append(process.modules, m)
	if md == last {
		m.state = abandoned
		return nil, refuse(update.NotLoadable, errors.New("the object holds no Go module"))
	}
	if err := m.enter(last); err != nil {
		// The runtime has not been told of the module, or no code of it ran.
		m.forget()
		code := update.NotLoadable
		if errors.Is(err, errBinding) {
			code = update.WrongBinding
		}
		return nil, refuse(code, err)
	}
	return m, nil
}

// missing is the name of the function of Go's that the dynamic linker has not found.
func missing(err error) string {
	if _, name, _ := strings.Cut(err.Error(), "undefined symbol: "); isGo(name) {
		return name
	}
	return ""
}

// lacking says what it means that the dynamic linker finds no function of Go's.
func lacking(err error) error {
	name := missing(err)
	if name == "" {
		return err
	}
	return fmt.Errorf("the update leaves out %s, which the executables of its lineage have, and this process's does not: build the update from the executable that was started (%w)", name, err)
}

// accept compares the manifest with the process.
func accept(f *update.File, base Base) error {
	m := &f.Manifest
	no := func(code update.Code, format string, args ...any) error {
		return &update.Error{Code: code, Path: f.Path(), Why: fmt.Sprintf(format, args...)}
	}
	switch {
	case m.GOOS != runtime.GOOS || m.GOARCH != runtime.GOARCH:
		return no(update.OtherArch, "it is for %s/%s, the process is %s/%s", m.GOOS, m.GOARCH, runtime.GOOS, runtime.GOARCH)
	case m.GoVersion != runtime.Version():
		return no(update.OtherGo, "it was built by %s, the process by %s", m.GoVersion, runtime.Version())
	case m.GoVersion != goVersion && !strings.HasPrefix(m.GoVersion, goVersion+".") && !strings.HasPrefix(m.GoVersion, goVersion+"-"):
		return no(update.OtherGo, "loading relies on the runtime of %s, the process has %s", goVersion, m.GoVersion)
	case m.Lineage != base.Lineage:
		return no(update.OtherLineage, "it belongs to lineage %s, the process to %s", m.Lineage, base.Lineage)
	case m.Base != base.Node:
		return no(update.WrongBase, "it updates release %s, the process runs %s (%q)", m.Base, base.Node, base.Release)
	case !slices.Equal(m.Flags, base.Flags):
		return no(update.OtherFlags, "it was built with %q, the process with %q", m.Flags, base.Flags)
	}
	for _, p := range slices.Sorted(maps.Keys(m.Packages)) {
		have, ok := base.Packages[p]
		if ok && have != m.Packages[p] && !slices.Contains(m.Recompiled, p) {
			return no(update.OtherSource, "package %s", p)
		}
	}
	return nil
}

// settle promotes what was committed since the last Load. Whatever there is by now is
// there to stay, or abandoned for good.
func settle() error {
	for _, m := range process.modules {
		if m.state == committed {
			if err := m.lib.promote(); err != nil {
				return fmt.Errorf("the symbols of release %q cannot be made available: %w", m.file.Release, err)
			}
			m.state = lasting
			m.undo = journal{}
			m.note()
		}
		// What messages name of it; the rest, its packages among it, is larger.
		m.file, m.base = update.Manifest{Release: m.file.Release, Node: m.file.Node}, Base{}
	}
	if process.host == nil {
		if err := reach(); err != nil {
			return err
		}
		h, err := readHost()
		if err != nil {
			return fmt.Errorf("the executable's symbols: %w", err)
		}
		process.host = h
	}
	return nil
}

// enter makes the module known to the runtime and checks what it was bound to:
// lastmoduleinit of runtime/plugin.go, without the itabs. last is the module that was the
// last of the runtime's list before.
func (m *Module) enter(last *moduledata) error {
	md := m.md
	if md.pcHeader == nil || md.pcHeader.magic != pclnMagic || md.text >= md.etext || !m.holds(md.text) || !m.holds(md.types) || md.pluginpath == "" {
		return errors.New("the module's data is not laid out as that of " + goVersion)
	}
	for _, f := range md.ftab {
		// What runtime.pluginftabverify throws for: a function of this module
		// that the linker bound elsewhere.
		if pc := md.text + uintptr(f.entryoff); pc < md.minpc || pc > md.maxpc {
			return fmt.Errorf("its function table names code at %#x, outside its %#x–%#x", pc, md.minpc, md.maxpc)
		}
	}
	for _, h := range md.pkghashes {
		if h.linktimehash != *h.runtimehash {
			return fmt.Errorf("it was built with another version of package %s", h.modulename)
		}
	}
	m.bind()
	if err := m.checkBindings(); err != nil {
		return err
	}
	m.findCopies()
	if err := m.linkTypes(); err != nil {
		return err
	}
	m.setRoots()
	m.toFront(last)
	modulesinit()
	moduledataverify1(md)
	m.brings()
	return m.prepareItabs()
}

// toFront puts the module, of which nothing is in use yet, behind the executable in the
// runtime's list, where the runtime looks for each frame of a stack and for each offset of
// a type: what runs is found at once, however many releases are older. The end of the
// list stays what plugin.Open makes of it.
func (m *Module) toFront(last *moduledata) {
	first := firstmoduledata
	if last == first || last.next != m.md || lastmoduledatap != m.md {
		return // there already, or something else has come meanwhile, which is not known here
	}
	lastmoduledatap = last
	link := func(from, to *moduledata) {
		atomic.StorePointer((*unsafe.Pointer)(unsafe.Pointer(&from.next)), unsafe.Pointer(to))
	}
	link(last, nil)
	link(m.md, first.next)
	link(first, m.md)
}

// holds reports whether the address lies in the module's memory.
func (m *Module) holds(a uintptr) bool { return m.lib.base <= a && a < m.end }

// forget takes the module's types out of the runtime's lists. It stays mapped,
// and stays a root of the garbage collector: what code of it made may live on.
func (m *Module) forget() {
	m.md.typelinks = m.md.typelinks[:0]
	m.md.itablinks = nil
	if m.md.typemap == nil {
		m.md.bad = true // the runtime was not told of it yet, and never will be
	}
	m.state = abandoned
	m.ifaces, m.asserts, m.switches = nil, nil, nil
	m.drop()
}

// drop lets go of what is known of the module only to bind and to commit it: it is larger
// than all that stays.
func (m *Module) drop() {
	m.obj, m.slots, m.bound, m.copies, m.copied, m.itabs = nil, nil, nil, nil, nil, itabWork{}
}

// Manifest is the loaded update's. Of one that has been built upon, or that was abandoned
// before another was loaded, it is no more than its name and node, and Base is empty.
func (m *Module) Manifest() update.Manifest { return m.file }

// Base is what the process said about itself when the module was loaded.
func (m *Module) Base() Base { return m.base }

// Next is what the process says about itself once the module is committed.
func (m *Module) Next() Base {
	b := m.base
	b.Own = m.own()
	b.Node, b.Release = m.file.Node, m.file.Release
	b.Packages = maps.Clone(b.Packages)
	if b.Packages == nil {
		b.Packages = map[string]string{}
	}
	maps.Copy(b.Packages, m.file.Packages)
	return b
}

// own are the program's own packages, those of earlier releases too: of their types, values
// may be there.
func (m *Module) own() []string {
	l := slices.Clone(m.base.Own)
	for _, pkg := range m.file.Own {
		if !slices.Contains(l, pkg) {
			l = append(l, pkg)
		}
	}
	return l
}

// Lookup gives an exported variable (as a pointer) or function of the update's
// main package, as plugin.Plugin.Lookup does.
func (m *Module) Lookup(name string) (any, error) {
	for _, e := range m.md.ptab {
		if nameText(resolveNameOff(ptr(m.md.types), e.name)) != name {
			continue
		}
		t := resolveTypeOff(ptr(m.md.types), e.typ)
		addrs := m.lib.addresses([]versioned{{name: linkerPath(m.md.pluginpath) + "." + name}, {name: m.md.pluginpath + "." + name}})
		a := addrs[0]
		if a == 0 {
			a = addrs[1]
		}
		if a == 0 {
			return nil, fmt.Errorf("loader: %s.%s is not among the module's dynamic symbols", m.md.pluginpath, name)
		}
		var v any
		words := (*[2]unsafe.Pointer)(unsafe.Pointer(&v))
		words[0] = t
		p := ptr(a)
		if (*rtype)(t).kind&31 == kindFunc {
			code := new(unsafe.Pointer)
			*code = p
			p = unsafe.Pointer(code)
		}
		words[1] = p
		return v, nil
	}
	return nil, fmt.Errorf("loader: %s has no exported %s", m.md.pluginpath, name)
}

// linkerPath is cmd/internal/objabi.PathToPrefix for what import paths may hold.
func linkerPath(path string) string {
	i := strings.LastIndexByte(path, '/') + 1
	return path[:i] + strings.ReplaceAll(path[i:], ".", "%2e")
}
