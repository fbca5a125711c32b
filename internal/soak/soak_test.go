package main

import (
	"context"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/examples/kvd/client"
	"github.com/upstarego/upstarego/internal/leanbuild"
	"github.com/upstarego/upstarego/runtime/updater"
)

// TestSoak is the soak in short.
func TestSoak(t *testing.T) {
	for _, p := range programs("both") {
		t.Run(p.name, func(t *testing.T) {
			o := options{updates: 2, clients: 6, rate: 50, faults: 1, seed: 8, quiet: 300 * time.Millisecond}
			if p.name == "web" {
				o.chain = t.TempDir()
			}
			var out strings.Builder
			rep, err := soak(t.Context(), o, p, &out)
			t.Logf("%s", &out)
			require.NoError(t, err)
			out.Reset()
			rep.print(&out)
			t.Logf("%s", &out)
			require.Empty(t, rep.Failures)
			require.Len(t, rep.Steps, o.updates)
			require.Equal(t, o.updates+1, rep.Steps[o.updates-1].Release)
			require.Equal(t, map[string]int{"undone": o.updates}, rep.Faults)
			require.Positive(t, rep.Decided)
			var files int64
			for _, s := range rep.Steps {
				// What debuggers read of an update is not kept in memory.
				files += s.File
				if at, _, _ := strings.Cut(s.Fault, "="); at != "check" && at != "load" {
					files += s.File // it was open when it was made to fail
				}
				require.Less(t, float64(s.Control.Files), 0.95*float64(files))
				require.Positive(t, s.RequestToCommit)
				require.Positive(t, s.Gap)
				require.Positive(t, s.Process.HeapLive)
				require.Positive(t, s.Process.Unwind)
			}
		})
	}
}

// plain builds the first release as go build does.
func plain(t *testing.T, p *program) string {
	root, err := moduleRoot(t.Context())
	require.NoError(t, err)
	dir := t.TempDir()
	src, exe := filepath.Join(dir, "src"), filepath.Join(dir, "exe")
	require.NoError(t, p.lay(root, src, 1))
	cmd := exec.Command("go", "build", "-o", exe, ".")
	cmd.Dir = src
	leanbuild.Prepare(cmd)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return exe
}

// A harm is what somebody else does to a server that its clients must find.
type harm struct {
	name string
	do   func(t *testing.T, p *process, l load)
}

func kvdDoes(args ...string) func(*testing.T, *process, load) {
	return func(t *testing.T, p *process, _ load) {
		c, err := client.Dial(p.addr)
		require.NoError(t, err)
		defer c.Close()
		_, err = c.Do(args...)
		require.NoError(t, err)
	}
}

func webDoes(method, path string, query url.Values) func(*testing.T, *process, load) {
	return func(t *testing.T, p *process, _ load) {
		req, err := http.NewRequest(method, "http://"+p.addr+path+"?"+query.Encode(), nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
}

// shared harms all keys of the windows that are open.
func shared(lin func(l load) *linear, do func(key string) func(*testing.T, *process, load)) func(*testing.T, *process, load) {
	return func(t *testing.T, p *process, l load) {
		now := lin(l)
		now.mu.Lock()
		first, last := now.first, now.now
		now.mu.Unlock()
		for window := first; window <= last; window++ {
			for key := range sharedKeys {
				do(sharedKey(window, key))(t, p, l)
			}
		}
	}
}

func kvdLinear(l load) *linear { return l.(*kvdLoad).lin }
func webLinear(l load) *linear { return l.(*webLoad).lin }

func killed(t *testing.T, p *process, _ load) { p.kill() }

var harms = map[string][]harm{
	"kvd": {
		{"none", nil},
		{"an increment is doubled", kvdDoes("INCR", "counter:0")},
		{"an increment is lost", kvdDoes("DECR", "counter:1")},
		{"half of a transaction is lost", kvdDoes("DECR", "left:0")},
		{"what is in a list is lost", kvdDoes("DEL", "list:0")},
		{"a value comes twice", kvdDoes("RPUSH", "queue", "1")},
		{"a message comes twice", kvdDoes("PUBLISH", "news", "1")},
		{"a write to a shared key is doubled", shared(kvdLinear, func(key string) func(*testing.T, *process, load) { return kvdDoes("INCRBY", key, "1000") })},
		{"a shared key is lost", shared(kvdLinear, func(key string) func(*testing.T, *process, load) { return kvdDoes("DEL", key) })},
		{"a value of the beginning is lost", kvdDoes("DEL", carriedKey(1))},
		{"connections are dropped", killed},
	},
	"web": {
		{"none", nil},
		{"a post is doubled", webDoes(http.MethodPost, "/count", url.Values{"session": {"0"}, "id": {"1000000000"}})},
		{"a message is doubled", webDoes(http.MethodPost, "/news", nil)},
		{"a write to a shared value is doubled", shared(webLinear, func(key string) func(*testing.T, *process, load) {
			return webDoes(http.MethodPost, "/value", url.Values{"key": {key}})
		})},
		{"connections are dropped", killed},
	},
}

// TestFindsHarm: clients find nothing in a server that does what it should, and find each
// harm that it does.
func TestFindsHarm(t *testing.T) {
	for _, p := range programs("both") {
		exe := plain(t, p)
		for _, h := range harms[p.name] {
			t.Run(p.name+"/"+h.name, func(t *testing.T) {
				o := options{clients: 3, rate: 200, seed: 1}
				proc, err := start(t.Context(), p, exe, t.TempDir(), "used", "")
				require.NoError(t, err)
				defer proc.kill()
				rec := newRecord()
				l := p.load(rec, o)
				require.NoError(t, l.begin(proc.addr))
				work := func(n int64) {
					n += rec.operations.Load()
					require.Eventually(t, func() bool { return rec.operations.Load() > n || rec.bad() }, patience, time.Millisecond)
				}
				work(500)
				if h.do != nil {
					h.do(t, proc, l)
				}
				work(500)
				l.end()
				found := append(rec.dropped, rec.wrong...)
				switch windows, operations := l.decided(); {
				case h.do == nil:
					require.Empty(t, found)
					require.Positive(t, windows)
					require.Greater(t, operations, 100)
				case h.name == "connections are dropped":
					require.GreaterOrEqual(t, len(rec.dropped), o.clients)
				default:
					require.NotEmpty(t, rec.wrong)
					require.Empty(t, rec.dropped)
				}
			})
		}
	}
}

// TestRandomFaults: they are faults that an update takes, of all points and kinds.
func TestRandomFaults(t *testing.T) {
	r := newRun(options{seed: 1}, kvd(), nil)
	seen := make(map[string]bool)
	for range 2000 {
		s := r.randomFault()
		f, err := updater.ParseFault(s)
		require.NoError(t, err)
		require.NotEqual(t, updater.FaultKill, f.Kind)
		seen[f.Point], seen[f.Kind] = true, true
	}
	for _, p := range updater.FaultPoints {
		name, _, _ := strings.Cut(p, ":")
		_, err := updater.ParseFault(name)
		require.Equal(t, err == nil, seen[name], name)
	}
	require.True(t, seen[updater.FaultHang] && seen[updater.FaultPanic] && seen[updater.FaultError])
}

// TestHold: what a build has begun stands still while it is held, and goes on then.
func TestHold(t *testing.T) {
	dir := t.TempDir()
	b := &builder{dir: dir}
	ticks := filepath.Join(dir, "ticks")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := b.run(exec.CommandContext(ctx, "sh", "-c", "sh -c 'while :; do echo >>"+ticks+"; sleep 0.01; done'; true"))
		ended <- err
	}()
	size := func() int64 { return fileSize(ticks) }
	grows := func() bool {
		was := size()
		return eventually(func() bool { return size() > was }, patience)
	}
	require.True(t, grows())
	release := b.hold()
	// What the kernel says of the group's processes is a fact to wait for.
	require.True(t, eventually(func() bool { return allStopped(b.pid) }, patience))
	was := size()
	require.False(t, eventually(func() bool { return size() > was }, 200*time.Millisecond))
	release()
	require.True(t, grows())
	cancel()
	require.Error(t, <-ended)
}
