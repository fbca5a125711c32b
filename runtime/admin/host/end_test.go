package host

import (
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/runtime/rehearse"
)

// Stacks as runtime.Stack has them: the first is who looks.
const stacks = `goroutine 1 [running]:
main.main()
	/w/main.go:9 +0x1d

goroutine 21 [sync.Mutex.Lock, 2 minutes]:
internal/sync.runtime_SemacquireMutex(0x694485?, 0x97?, 0x19eb83e80780?)
	/go/src/runtime/sema.go:95 +0x25
sync.(*Mutex).Lock(...)
	/go/src/sync/mutex.go:46
main.(*desk).file(0x19eb83efe500)
	/w/main.go:37 +0xf1
main.enter.func2({0x1, 0x2})
	/w/main.go:31 +0xf1
created by main.enter in goroutine 1
	/w/main.go:30 +0x2c5

goroutine 7 [chan receive]:
example.com/p.each[...](0x1)
	/w/p/p.go:3 +0x1
main.enter.func1.2()
	/w/main.go:31 +0xf1
created by main.enter in goroutine 1
	/w/main.go:30 +0x2c5

goroutine 8 [IO wait]:
net/http.(*Server).Serve(0x1, {0x2, 0x3})
	/go/src/net/http/server.go:3 +0x1
created by main.main in goroutine 1
	/w/main.go:8 +0x2c5

goroutine 9 [select]:
main.serve({0x1, 0x2})
	/w/main.go:40 +0xf1
net/http.(*conn).serve(0x1)
	/go/src/net/http/server.go:9 +0x1
created by net/http.(*Server).Serve in goroutine 8
	/go/src/net/http/server.go:3 +0x1

goroutine 10 [select]:
net/http.(*persistConn).readLoop(0x1)
	/go/src/net/http/transport.go:9 +0x1
created by net/http.(*Transport).dialConn in goroutine 1
	/go/src/net/http/transport.go:3 +0x1
`

func TestGoroutines(t *testing.T) {
	count, text := goroutines(stacks, rehearse.Declared, func(_, file string) bool { return strings.HasPrefix(file, "/w/") })
	want := map[string]int{
		"main.enter": 2, "main.enter" + rehearse.Locked: 1, "main.serve": 1,
		"net/http.(*Server).Serve, begun by main.main": 1,
	}
	if !reflect.DeepEqual(count, want) {
		t.Errorf("%v, want %v", count, want)
	}
	if s := text["main.enter"]; !strings.HasPrefix(s, "goroutine 21 ") || s != text["main.enter"+rehearse.Locked] {
		t.Errorf("not the youngest: %s", s)
	}
}

// Two runs have the same names for the same descriptors.
func TestDescriptors(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	before := map[string]int{}
	rehearse.More(before, descriptors())
	keep := func(c interface{ Close() error }, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	keep(l, err)
	c, err := net.Dial("tcp", l.Addr().String())
	keep(c, err)
	u, err := net.Listen("unix", filepath.Join(dir, "socket7"))
	keep(u, err)
	d, err := net.ListenPacket("udp", "127.0.0.1:0")
	keep(d, err)
	f, err := os.CreateTemp("", "x")
	keep(f, err)
	r, w, err := os.Pipe()
	keep(r, err)
	keep(w, nil)
	var more []string
	after := map[string]int{}
	rehearse.More(after, descriptors())
	for name, n := range after {
		for range n - before[name] {
			more = append(more, name)
		}
	}
	slices.Sort(more)
	more = slices.DeleteFunc(more, func(name string) bool { return name == "eventpoll" || name == "eventfd" }) // the Go runtime's, with the first socket
	want := []string{"$TMPDIR/x*", "pipe", "pipe", "socket tcp 127.0.0.1:* connected to 127.0.0.1:*", "socket tcp 127.0.0.1:* listening", "socket udp 127.0.0.1:*", "socket unix $TMPDIR/socket* listening"}
	if !slices.Equal(more, want) {
		t.Errorf("%q\nwant %q", more, want)
	}
}
