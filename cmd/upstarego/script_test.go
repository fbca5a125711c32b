package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/upstarego/upstarego/internal/cache"
	"github.com/upstarego/upstarego/internal/leanbuild"
	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/admin"
	"github.com/upstarego/upstarego/runtime/updater"
)

var rewrite = flag.Bool("update", false, "rewrite the expectations of the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"upstarego": main})
}

// TestScripts runs testdata/script: the command against this very process, which
// serves a real endpoint in each script's own place.
func TestScripts(t *testing.T) {
	first := runtime.NewRelease("first", new(atomic.Uint32))
	first.AddFile() // busy is own code
	runtime.First(first)
	u := updater.New(byName{})
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *rewrite,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"busy": func(ts *testscript.TestScript, neg bool, args []string) { busy(!neg) },
		},
		Setup: func(e *testscript.Env) error {
			dir := filepath.Join(e.WorkDir, "run")
			socket := filepath.Join(dir, fmt.Sprintf("upstare-%d", os.Getuid()), fmt.Sprintf("kvd-%d.sock", os.Getpid()))
			if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
				return err
			}
			l, err := admin.Listen(socket, nil)
			if err != nil {
				return err
			}
			go admin.Serve(l, u, nil)
			e.Defer(func() { l.Close() })
			tcp, err := admin.Listen("127.0.0.1:0", nil)
			if err != nil {
				return err
			}
			go admin.Serve(tcp, u, nil)
			e.Defer(func() { tcp.Close() })
			e.Setenv("XDG_RUNTIME_DIR", dir)
			e.Setenv("TMPDIR", filepath.Join(e.WorkDir, ".tmp"))
			e.Setenv("UPSTARE_ADMIN", "")
			e.Setenv("UPSTARE_TRUST", "unsigned")
			e.Setenv("UPSTARE_AUDIT", "off")
			e.Setenv("PID", strconv.Itoa(os.Getpid()))
			e.Setenv("SOCKET", socket)
			e.Setenv("TCP", tcp.Addr().String())
			e.Vars = append(e.Vars, leanbuild.Flags)
			return keepCaches(e)
		},
	})
}

// keepCaches lets scripts that build use the caches of the user's.
func keepCaches(e *testscript.Env) error {
	kept, err := cache.Dir()
	if err != nil {
		return err
	}
	e.Setenv("UPSTAREGO_CACHE", kept)
	e.Setenv("HOME", e.WorkDir)
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		e.Setenv(name, strings.TrimSpace(string(value)))
	}
	return nil
}

var idle = make(chan struct{})

// busy starts and ends a goroutine that stays in own code without coming to an
// update point.
func busy(on bool) {
	if !on {
		idle <- struct{}{}
		<-idle
		return
	}
	running := make(chan struct{})
	go func() {
		gate := runtime.Enter()
		close(running)
		<-idle
		gate.Leave()
		idle <- struct{}{}
	}()
	<-running
}

// byName takes an update file for what its name says.
type byName struct{}

func (byName) Check(path string) error {
	switch filepath.Base(path) {
	case "other.update":
		return &updater.Error{Code: updater.CodeWrongBase, Message: "it updates another release"}
	case "gap.update":
		return &updater.Error{Code: updater.CodeMapIncomplete, Message: "no place for frames of serve", Positions: []updater.Position{{Pos: "main.go:7:2", Func: "main.serve", Point: 3, Why: "the loop is gone"}}}
	}
	return nil
}

func (byName) Load(path string) (updater.Module, error) { return module{}, nil }

type module struct{}

func (module) Update() (*updater.Update, error) {
	return &updater.Update{Release: runtime.NewRelease("next", new(atomic.Uint32))}, nil
}
func (module) Commit(func(string) error) error { return nil }
func (module) Abandon() error                  { return nil }
