package link_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// typesProbe becomes part of the loader. It asks Go's own typelinksinit what every type of
// every module is, and compares the answers with what the loader has put in its place.
const typesProbe = `package loader

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"unsafe"
)

// linked are the modules in the order in which they were loaded, whole the types that the
// linker listed for each.
var (
	linked []*moduledata
	whole  = map[*moduledata][]int32{}
	ends   = map[*moduledata][2]uintptr{}
	then   = map[*moduledata]map[int32]unsafe.Pointer{}
)

func isGivenUp(md *moduledata) bool {
	return slices.ContainsFunc(process.modules, func(m *Module) bool { return m.md == md && m.state == abandoned })
}

func noteTypes(md *moduledata, from, to uintptr) {
	linked = append(linked, md)
	whole[md] = md.typelinks
	ends[md] = [2]uintptr{from, to}
}

// CompareTypes prints how much it has compared, and what is not the same. Of updates that
// are not entire, whose descriptors are without content where the process has others, Go's
// own functions can make nothing: their offsets have to lead to types with content, of
// which there is no other in the process.
func CompareTypes(entire bool) {
	for md := firstmoduledata.next; md != nil; md = md.next {
		if whole[md] == nil && !md.bad { // a plugin, opened by the program
			from, to := min(md.text, md.types, md.data, md.noptrdata), max(md.etext, md.etypes, md.end)
			noteTypes(md, from, to)
		}
	}
	var typelinksinit func()
	var modulesSlice **[]*moduledata
	code := new(uintptr)
	found := globalScope.addresses([]versioned{{name: "runtime.typelinksinit"}, {name: "runtime.modulesSlice"}})
	*code = found[0]
	*(*unsafe.Pointer)(unsafe.Pointer(&typelinksinit)) = unsafe.Pointer(code)
	*(*uintptr)(unsafe.Pointer(&modulesSlice)) = found[1]

	// What Go would have made of them.
	type types struct {
		links []int32
		types map[int32]unsafe.Pointer
	}
	ours, gos := map[*moduledata]types{}, map[*moduledata]types{}
	active := *modulesSlice
	inOrder := []*moduledata{firstmoduledata}
	for _, md := range linked {
		ours[md] = types{md.typelinks, md.typemap}
		if md.bad {
			continue
		}
		inOrder = append(inOrder, md)
		if isGivenUp(md) {
			// It was given its types when it was loaded, among those of that time.
			md.typemap = then[md]
		} else {
			md.typelinks, md.typemap = whole[md], nil
		}
	}
	if len(inOrder) != len(*active) {
		fmt.Println("types: active modules", len(*active), "known", len(inOrder))
	}
	if entire {
		*modulesSlice = &inOrder
		typelinksinit()
		*modulesSlice = active
	}
	for _, md := range linked {
		gos[md] = types{md.typelinks, md.typemap}
		then[md] = md.typemap
		md.typelinks, md.typemap = ours[md].links, ours[md].types
	}

	// Descriptors whose address is somewhere in the memory of the modules.
	home := map[uintptr]*moduledata{}
	for _, md := range linked {
		for _, off := range whole[md] {
			home[md.types+uintptr(off)] = md
		}
	}
	var queue []uintptr
	seen := map[uintptr]bool{}
	reach := func(a uintptr) {
		if home[a] != nil && !seen[a] {
			seen[a] = true
			queue = append(queue, a)
		}
	}
	type region struct {
		start, end uintptr
		mode       string
	}
	var maps []region
	data, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(data)) {
		var r region
		if _, err := fmt.Sscanf(line, "%x-%x %s", &r.start, &r.end, &r.mode); err != nil {
			panic(err)
		}
		maps = append(maps, r)
	}
	for _, md := range linked {
		for _, r := range maps {
			from, to := max(r.start, ends[md][0]), min(r.end, ends[md][1])
			if r.mode[0] != 'r' || from >= to {
				continue
			}
			for a := from; a+8 <= to; a += 8 {
				reach(*at[uintptr](a))
			}
			for a := from; r.mode[2] == 'x' && a+7 <= to; a++ {
				// LEAQ or MOVQ of something at a distance from here
				c := at[[3]byte](a)
				if (c[0] == 0x48 || c[0] == 0x4c) && (c[1] == 0x8d || c[1] == 0x8b) && c[2]&0xc7 == 5 {
					reach(a + 7 + uintptr(int64(*at[int32](a + 3))))
				}
			}
		}
	}
	offsets, wrong, elsewhere := 0, 0, 0
	check := func(md *moduledata, off int32, in string) {
		if off == 0 || off == -1 {
			return
		}
		offsets++
		want := uintptr(gos[md].types[off])
		if want == 0 {
			want = md.types + uintptr(off)
		}
		if !entire {
			want = uintptr(resolveTypeOff(ptr(md.types), off))
			if t := at[rtype](want); t.kind == 0 {
				if wrong++; wrong < 20 {
					fmt.Println("types: offset in", in, "of", md.pluginpath, "leads to nothing")
				}
				return
			} else if c := known.equal(t); c != nil && !isGivenUp(md) { // that was given its types before
				want = addr(c)
			}
		}
		if want != md.types+uintptr(off) {
			elsewhere++
		}
		if got := uintptr(resolveTypeOff(ptr(md.types), off)); got != want {
			if wrong++; wrong < 20 {
				fmt.Println("types: offset in", in, "of", md.pluginpath, "is", at[rtype](want).string(), "elsewhere", home[got] != home[want])
			}
		}
		reach(want)
	}
	for _, md := range linked {
		for _, e := range md.ptab {
			check(md, e.typ, "ptab")
		}
	}
	for len(queue) > 0 {
		a := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		t := at[rtype](a)
		check(home[a], t.ptrToThis, t.string())
		for _, m := range t.methods() {
			check(home[a], m.typ, t.string())
		}
		if t.kind&31 == kindInterface {
			for _, m := range at[interfaceType](a).methods {
				check(home[a], m.typ, t.string())
			}
		}
	}
	// Copies, which the loader alone uses.
	for _, m := range process.modules {
		for _, c := range m.copies {
			for _, f := range c.methods() {
				want := gos[m.md].types[f.typ]
				if want == nil && f.typ > 0 {
					want = ptr(m.md.types + uintptr(f.typ))
				}
				offsets++
				got := m.typeAt(unsafe.Pointer(c), f.typ)
				if !entire && at[rtype](uintptr(got)).kind != 0 {
					if want = got; known.equal((*rtype)(got)) != nil {
						want = unsafe.Pointer(known.equal((*rtype)(got)))
					}
				}
				if got != want {
					if wrong++; wrong < 20 {
						fmt.Println("types: method of the copy of", c.string())
					}
				}
			}
		}
	}

	// What reflect finds before it makes a type: the first of its name with the same parts.
	first := func(order []*moduledata, links func(*moduledata) []int32) map[string]uintptr {
		f := map[string]uintptr{}
		for _, md := range order {
			for _, off := range links(md) {
				a := md.types + uintptr(off)
				if k := parts(a); k != "" && f[k] == 0 {
					f[k] = a
				}
			}
		}
		return f
	}
	go1 := first(inOrder, func(md *moduledata) []int32 {
		if md == firstmoduledata {
			return md.typelinks
		}
		return gos[md].links
	})
	our := first(*active, func(md *moduledata) []int32 { return md.typelinks })
	reflected := 0
	for a := range seen {
		if k := parts(a); entire && k != "" && len(gos[home[a]].links) > 0 {
			reflected++
			if go1[k] != our[k] {
				if wrong++; wrong < 20 {
					fmt.Println("types: reflect finds another", at[rtype](a).string(), our[k] == 0)
				}
			}
		}
	}
	entries, all, listed := 0, 0, 0
	for _, md := range linked {
		entries += len(md.typemap)
		all += len(gos[md].types)
		listed += len(md.typelinks)
	}
	fmt.Fprintln(os.Stderr, "types:", len(linked), "modules,", len(seen), "descriptors in use,", offsets, "offsets of which", elsewhere, "lead elsewhere,", reflected, "found by reflect; entries", entries, "instead of", all, "listed", listed, "known", len(known.types))
	fmt.Println("types compared", offsets > 5 && elsewhere > 2, reflected > 5 || listed == 0 || !entire, pluginsMu != nil, "wrong", wrong)
}

// parts tells types apart as reflect does when it looks for one; empty for kinds that it
// does not look for.
func parts(a uintptr) string {
	t := at[rtype](a)
	if t.tflag&tflagNamed != 0 {
		return ""
	}
	words := func(n uintptr) string { return fmt.Sprint(t.kind&31, t.string(), unsafe.Slice(at[uintptr](a+48), n)) }
	switch t.kind & 31 {
	case kindPointer, kindSlice:
		return words(1)
	case kindChan, kindMap:
		return words(2)
	case kindArray:
		return words(3)
	case kindFunc:
		f := at[struct {
			rtype
			in, out uint16
		}](a)
		off := uintptr(56)
		if t.tflag&tflagUncommon != 0 {
			off += 16
		}
		return fmt.Sprint(f.in, f.out, t.string(), unsafe.Slice(at[uintptr](a+off), f.in+f.out&0x7fff))
	case kindStruct:
		fields := *at[[][3]uintptr](a + 56)
		s := t.string()
		for _, f := range fields {
			s += fmt.Sprint(" ", nameText(at[byte](f[0])), f[1], f[2])
		}
		return s
	}
	return ""
}
`

// moreCommands are for the host.
const moreCommands = `
		case "heap":
			var s runtime.MemStats
			start := time.Now()
			runtime.GC()
			took := time.Since(start)
			runtime.GC()
			runtime.ReadMemStats(&s)
			fmt.Println(s.HeapAlloc, s.HeapObjects)
			fmt.Fprintln(os.Stderr, "heap", s.HeapAlloc, "in", s.HeapObjects, "objects, collection took", took)
		case "mapped":
			kept, givenUp, text, memory := loader.Mapped()
			fmt.Println(kept, givenUp, text > 0, memory > text)
		case "plugin":
			p, err := plugin.Open(w[1])
			if err != nil {
				fmt.Println(err)
				break
			}
			f, err := p.Lookup("Run")
			if err != nil {
				panic(err)
			}
			f.(func(string))(w[2])
`

// plug is a plugin of the program's own, that knows nothing of updates.
const plug = `package main

import (
	"fmt"
	"reflect"

	"example.com/chain/app"
	"example.com/chain/leaf"
)

type own struct{ A *app.State; F func(app.Account) leaf.Sq }

func (own) Wave() string { return "plugin wave" }

func Run(string) {
	var v any = own{}
	w, ok := v.(app.Waver)
	fmt.Println("plugin", ok && w.Wave() == "plugin wave", reflect.TypeFor[map[string]own]() == reflect.MapOf(reflect.TypeFor[string](), reflect.TypeFor[own]()), reflect.PointerTo(reflect.TypeOf(app.St).Elem()) == reflect.TypeOf(app.St))
}

func main() {}
`

func (l *lineage) moreCommands(more string) {
	const old = "\n\t\tcase \"old\":"
	l.host = strings.Replace(hostMain, old, moreCommands+more+old, 1)
	l.host = strings.Replace(l.host, "\t\"os\"\n", "\t\"os\"\n\t\"plugin\"\n", 1)
}

const moreTypes = `package app

import "io"

type More struct{ S *State }

func (m *More) Describe(w io.Writer, s map[string]int) error { return nil }
func (m More) String() string { return Rel }

var Mores = []any{&More{}, map[string]*More{}, [3]More{}, func(More) chan More { return nil }}
`

// watchTypes makes the loader of the lineage note what the linker listed.
func (l *lineage) watchTypes() {
	l.moreCommands(fmt.Sprintf("\t\tcase \"types\":\n\t\t\tloader.CompareTypes(%t)", l.entire))
	l.write("upstarego/runtime/loader/probe.go", typesProbe)
	path := filepath.Join(l.dir, "upstarego/runtime/loader/loader.go")
	data, err := os.ReadFile(path)
	if err != nil {
		l.t.Fatal(err)
	}
	const link = "\tif err := m.linkTypes()"
	if bytes.Count(data, []byte(link)) != 1 {
		l.t.Fatal("the loader links types elsewhere")
	}
	data = bytes.Replace(data, []byte(link), []byte("\tnoteTypes(md, m.lib.base, m.end)\n"+link), 1)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		l.t.Fatal(err)
	}
}

// again makes another release of an update's code, the successor of prev: what the update
// brings carries another node.
func (l *lineage) again(r, prev *release, n int) *release {
	t := l.t
	t.Helper()
	object, err := os.ReadFile(r.so)
	if err != nil {
		t.Fatal(err)
	}
	from := r.man.Node
	to := fmt.Sprintf("%s%06x", from[:len(from)-6], n)
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		t.Fatal(err)
	}
	strs := f.Section(".dynstr")
	text := object[strs.Offset : strs.Offset+strs.Size]
	done := 0
	for _, s := range f.Sections {
		if s.Type != elf.SHT_GNU_VERDEF {
			continue
		}
		for at := s.Offset; ; {
			def := object[at:]
			aux := object[at+uint64(binary.LittleEndian.Uint32(def[12:])):]
			name := text[binary.LittleEndian.Uint32(aux):]
			if bytes.HasPrefix(name, append([]byte(from), 0)) {
				copy(name, to)
				binary.LittleEndian.PutUint32(def[8:], elfHash(to))
				done++
			}
			next := binary.LittleEndian.Uint32(def[16:])
			if next == 0 {
				break
			}
			at += uint64(next)
		}
	}
	if done != 1 {
		t.Fatalf("node %s is defined %d times", from, done)
	}
	made := &release{res: r.res, man: r.man, file: filepath.Join(l.dir, fmt.Sprintf("again%d.update", n))}
	made.man.Node, made.man.Base, made.man.Release = to, prev.man.Node, fmt.Sprint("again ", n)
	l.pack(made.file, made.man, object)
	return made
}

// elfHash is the hash of a version's name (System V gABI).
func elfHash(name string) (h uint32) {
	for _, c := range []byte(name) {
		h = h<<4 + uint32(c)
		g := h & 0xf0000000
		h = (h ^ g>>24) &^ g
	}
	return h
}

// TestTypeLinks: what the loader tells the runtime of a module's types is what Go's own
// typelinksinit would have, for every offset that anybody can ask for, and reflect finds
// the same types; also those of abandoned modules and of the program's own plugins, opened
// between updates.
func TestTypeLinks(t *testing.T) {
	t.Run("entire", func(t *testing.T) { typeLinks(t, true) })
	t.Run("slim", func(t *testing.T) { typeLinks(t, false) })
}

func typeLinks(t *testing.T, entire bool) {
	l := newLineage(t, "chain.txtar")
	l.entire = entire
	l.watchTypes()
	r1 := l.build("r1", l.sources(1), nil, false)
	bad := l.sources(2)
	for f, text := range bad {
		bad[f] = strings.ReplaceAll(text, "type State struct {", "type State struct {\n\tBad [100]int")
	}
	// A type with methods that releases 2 and 3 alone have.
	more := func(k int) map[string]string {
		files := l.sources(k)
		files["app/more.go"] = moreTypes
		return files
	}
	b2 := l.build("b2", bad, r1, false)
	r2 := l.build("r2", more(2), r1, false)
	r3 := l.build("r3", more(3), r2, false)
	r4 := l.build("r4", l.sources(1), r3, false)
	r5 := l.again(r2, r4, 5)
	r6 := l.again(r3, r5, 6)
	var plugins [2]string
	for n := range plugins {
		name := fmt.Sprint("plug", n)
		plugins[n] = filepath.Join(l.dir, name+".so")
		l.write("r1/"+name+"/main.go", strings.ReplaceAll(plug, "app.Waver", []string{"app.Waver", "interface{ app.Waver }"}[n]))
		cmd := exec.Command("go", "build", "-trimpath", "-buildmode=plugin", "-o", plugins[n], "./"+name)
		cmd.Dir = filepath.Join(l.dir, "r1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	load := func(r *release) string { return "load " + r.file }
	out := l.drive(r1, "old fill",
		load(b2), "types", "abandon", "types",
		load(r2), "types", "commit", "run asserts",
		load(r3), "types", "commit", "run asserts",
		load(r4), "commit", "types",
		load(r5), "types", "commit", "run asserts",
		load(r6), "commit", "types", "run asserts", "run shared")
	for n := range 7 {
		want(t, out, "types", n, "types compared true true true wrong 0")
	}
	out = l.drive(r1, "old fill",
		load(r2), "commit", "plugin "+plugins[0]+" x", "types", "run asserts",
		load(r3), "types", "commit", "run asserts",
		load(r4), "commit", "plugin "+plugins[1]+" x", "types", "run asserts")
	for n := range 3 {
		want(t, out, "types", n, "types compared true true true wrong 0")
	}
	for _, p := range plugins {
		want(t, out, "plugin "+p+" x", 0, "plugin true true true")
	}
}

var releases = flag.Int("releases", 40, "how many releases TestManyReleases loads, at least 40")

// TestManyReleases: what a release leaves in the heap does not depend on how many there
// were, and is small. How long loading takes is printed.
func TestManyReleases(t *testing.T) {
	l := newLineage(t, "chain.txtar")
	l.moreCommands("")
	r1 := l.build("r1", l.sources(1), nil, false)
	r2 := l.build("r2", l.sources(2), r1, false)
	r3 := l.build("r3", l.sources(3), r2, false)
	commands := []string{"old fill", "heap", "load " + r2.file, "commit", "heap", "load " + r3.file, "commit", "heap"}
	last := r3
	for n := 3; n <= *releases; n++ {
		last = l.again(r3, last, n)
		commands = append(commands, "load "+last.file, "commit", "heap")
	}
	out := l.drive(r1, append(commands, "run asserts", "load "+l.again(r3, last, *releases+1).file, "abandon", "mapped")...)
	if strings.Contains(out, "refused") {
		t.Fatalf("refused:\n%s", out)
	}
	heap := func(n int) (bytes float64) {
		if _, err := fmt.Sscan(answers(t, out, "heap", n), &bytes); err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	each := func(from, to int) float64 { return (heap(to) - heap(from)) / float64(to-from) }
	first, later := each(10, 20), each(*releases-10, *releases)
	t.Logf("each leaves %.0f bytes at first, %.0f later", first, later)
	if max(first, later) > 16<<10 {
		t.Errorf("each release leaves %.0f and %.0f bytes in the heap", first, later)
	}
	want(t, out, "run asserts", 0, "r3 wave\nwaver true goStringer false goner true stringer true nothing false both false in fmt &app")
	// The modules that were built upon, or given up, are counted still.
	want(t, out, "mapped", 0, fmt.Sprint(*releases, " 1 true true"))
}
