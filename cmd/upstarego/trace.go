package main

import (
	"bufio"
	"debug/elf"
	"debug/gosym"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/runtime/update"
)

var traceCommand = &command{
	name: "trace", args: "[-addr A | -pid P | -status FILE] [-token FILE] [-tls-cert FILE -tls-key FILE -tls-ca FILE] [-exe FILE]… [-json] [TRACE]", short: "say which release the lines of a stack trace belong to",
	long: `Reads a stack trace, a profile in text form or anything else with addresses in it,
from TRACE or standard input, and prints it with the release behind each line that
can be told.

Addresses (0x…) are compared with where the releases of a process lie: of one that
runs, or, with -status, of what upstarego status -json has said of it before it
ended. Lines of stack traces without addresses (main.go:25 +0x1a5) are looked up in
the files named by -exe, which are executables and update files: a file is named if the
function has that line at that offset. Code that did not change is the same
in several; all of them are named then.`,
	run: runTrace,
}

func runTrace(c *call) error {
	f := c.flags()
	var w which
	w.register(f)
	saved := f.String("status", "", "the releases are those in `FILE`, which upstarego status -json has written")
	raw := f.Bool("json", false, "print an object for each line that a release is known of")
	var exes []string
	f.Func("exe", "look into `FILE`, an executable or an update; may be given several times", func(s string) error {
		exes = append(exes, s)
		return nil
	})
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if len(args) > 1 {
		return c.misused("trace takes one file")
	}
	t := &tracer{}
	for _, name := range exes {
		code, err := openCode(name)
		if err != nil {
			return diag.New(diag.BadUsage, noPos, name+" cannot be looked into", err.Error(), "name executables and update files")
		}
		t.codes = append(t.codes, code)
	}
	if *saved != "" || len(exes) == 0 || w.addr != "" || w.pid != 0 {
		if t.releases, err = c.releasesOf(&w, *saved); err != nil {
			return err
		}
	}
	in := io.Reader(os.Stdin)
	if len(args) == 1 && args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return diag.New(diag.BadUsage, noPos, "the trace cannot be read", err.Error(), "")
		}
		defer file.Close()
		in = file
	}
	return t.annotate(in, c.stdout, *raw)
}

// releasesOf gives the releases of a process: of the one that is meant, or as saved in a
// file.
func (c *call) releasesOf(w *which, saved string) ([]releaseText, error) {
	var s status
	if saved != "" {
		data, err := os.ReadFile(saved)
		if err == nil {
			err = json.Unmarshal(data, &s)
		}
		if err != nil {
			return nil, diag.New(diag.BadUsage, noPos, saved+" cannot be read", err.Error(), "write it with upstarego status -json, of one process")
		}
		return s.Releases, nil
	}
	addr, err := w.one()
	if err != nil {
		return nil, err
	}
	cl, err := w.client(addr)
	if err != nil {
		return nil, err
	}
	_, err = cl.get("/v1/status", nil, &s)
	return s.Releases, err
}

// A tracer knows where releases lie, and what is in their files.
type tracer struct {
	releases []releaseText
	codes    []*code
}

// releaseText is a release as the endpoint tells it.
type releaseText struct {
	Number int       `json:"number"`
	ID     string    `json:"id"`
	Text   [2]string `json:"text"`
}

// holds reports whether the release's code is at an address, which may be a return
// address. The executable's text has all foreign code, too, which is of no release.
func (r releaseText) holds(pc uint64) bool {
	from, err1 := strconv.ParseUint(strings.TrimPrefix(r.Text[0], "0x"), 16, 64)
	to, err2 := strconv.ParseUint(strings.TrimPrefix(r.Text[1], "0x"), 16, 64)
	return err1 == nil && err2 == nil && from <= pc && pc <= to && to > 0
}

var (
	called  = regexp.MustCompile(`^\S.*\(.*\)$`) // "main.f(0xc000012345, 0x1)"
	address = regexp.MustCompile(`0x[0-9a-f]{5,16}\b`)
	place   = regexp.MustCompile(`^\t(.+):([0-9]+)(?: \+0x([0-9a-f]+))?(?: fp=.*)?$`)
)

// tracedLine is a line of which something is known.
type tracedLine struct {
	Line     int      `json:"line"`
	Text     string   `json:"text"`
	Releases []int    `json:"releases,omitempty"`
	Files    []string `json:"files,omitempty"`
}

func (t *tracer) annotate(in io.Reader, out io.Writer, raw bool) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	fn := ""
	var inlined []string // positions of frames without an offset, which are in the next one
	for n := 1; lines.Scan(); n++ {
		l := tracedLine{Line: n, Text: lines.Text()}
		var said []string
		for _, a := range address.FindAllString(l.Text, -1) {
			if strings.Contains(l.Text, "+"+a) || called.MatchString(l.Text) {
				continue // an offset, arguments
			}
			pc, err := strconv.ParseUint(a[2:], 16, 64)
			for _, r := range t.releases {
				if err == nil && r.holds(pc) && !slices.Contains(l.Releases, r.Number) {
					l.Releases = append(l.Releases, r.Number)
				}
			}
		}
		for _, r := range l.Releases {
			said = append(said, "release "+strconv.Itoa(r))
		}
		if m := place.FindStringSubmatch(l.Text); m == nil {
			if !strings.HasPrefix(l.Text, "\t") {
				fn = l.Text
			}
		} else if at := m[1] + ":" + m[2]; m[3] == "" {
			inlined = append(inlined, at)
		} else {
			off, _ := strconv.ParseUint(m[3], 16, 64)
			name := strings.TrimPrefix(fn, "created by ")
			name, _, _ = strings.Cut(name, " in goroutine ")
			if i := strings.LastIndexByte(name, '('); i > 0 && strings.HasSuffix(name, ")") {
				name = name[:i]
			}
			for _, c := range t.codes {
				if c.has(name, off, append(inlined, at)) {
					l.Files = append(l.Files, c.name)
				}
			}
			if len(said) == 0 {
				said = l.Files // an address is more exact
			}
			inlined = nil
		}
		switch {
		case !raw && len(said) > 0:
			fmt.Fprintf(out, "%s  ← %s\n", l.Text, strings.Join(said, " or "))
		case !raw:
			fmt.Fprintln(out, l.Text)
		case len(said) > 0:
			data, err := json.Marshal(l)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s\n", data)
		}
	}
	return lines.Err()
}

// code is what is in an executable or an update file.
type code struct {
	name  string
	table *gosym.Table
}

func openCode(name string) (*code, error) {
	anybody, err := update.TrustIn("unsigned", "")
	if err != nil {
		return nil, err
	}
	var f *elf.File
	if u, uerr := update.Open(name, anybody); uerr == nil {
		f, err = elf.NewFile(u.Object)
	} else {
		f, err = elf.Open(name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, lines := f.Section(".text"), f.Section(".gopclntab")
	if lines == nil {
		lines = f.Section(".data.rel.ro.gopclntab")
	}
	if text == nil || lines == nil {
		return nil, fmt.Errorf("it is no Go program")
	}
	data, err := lines.Data()
	if err != nil {
		return nil, err
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
	if err != nil {
		return nil, err
	}
	return &code{filepath.Base(name), table}, nil
}

// has reports whether a function has one of the positions at a return address so far
// behind its beginning. A function may have several entries in the table: offsets are
// from the first.
func (c *code) has(fn string, off uint64, at []string) bool {
	for i := range c.table.Funcs {
		f := &c.table.Funcs[i]
		if f.Name != fn {
			continue
		}
		file, line, g := c.table.PCToLine(f.Entry + off - 1)
		if g != nil && g.Name == fn && slices.Contains(at, file+":"+strconv.Itoa(line)) {
			return true
		}
	}
	return false
}
