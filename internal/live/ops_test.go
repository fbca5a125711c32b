package live

import (
	"debug/elf"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// operated is a release of testdata/live/ops.txtar.
func operated(release string) func(testing.TB) string {
	return func(t testing.TB) string {
		dir := Unpack(t, "../../testdata/live/ops.txtar", `release = "r1"`, `release = "`+release+`"`)
		if release == "r2" {
			require.NoError(t, os.Rename(filepath.Join(dir, "expvar", "vars.go"), filepath.Join(dir, "vars.go")))
		}
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "expvar")))
		return dir
	}
}

var (
	ops1 = &Shared{Source: operated("r1")}
	ops2 = &Shared{Source: operated("r2"), From: ops1}
)

// A group is one of those that GET /v1/goroutines answers.
type group struct {
	Count   int
	Func    string
	Key     string
	Pos     string
	Points  []int
	Release int
	Waits   []string
	Least   int64 `json:"waited_min_ns"`
}

// waiters waits until main.waiter's groups are as wanted: goroutines by release, all of
// them waiting.
func (p *Process) waiters(want map[int]int) (l []group) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var g struct{ Groups []group }
		p.mustRead(&g, http.MethodGet, "/v1/goroutines?func=waiter$", "")
		got, wait := map[int]int{}, true
		for _, gr := range g.Groups {
			got[gr.Release] += gr.Count
			wait = wait && len(gr.Waits) == 1 && gr.Waits[0] == "chan receive"
		}
		if l = g.Groups; wait && len(got) == len(want) && len(l) == len(want) && got[1] == want[1] && got[2] == want[2] {
			return l
		}
	}
	p.t.Fatalf("the waiters are %+v", l)
	return nil
}

func (p *Process) metric(name string) string {
	p.t.Helper()
	status, text := p.HTTP(http.MethodGet, "/metrics", "")
	require.Equal(p.t, 200, status)
	for line := range strings.SplitSeq(text, "\n") {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return value
		}
	}
	p.t.Fatalf("no %s in\n%s", name, text)
	return ""
}

// profiled are the functions in a CPU profile.
func (p *Process) profiled(release string) string {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "cpu")
	require.Equal(p.t, release+" <nil>", p.Ask("profile "+file))
	out, err := exec.Command("go", "tool", "pprof", "-symbolize=none", "-top", "-cum", file).CombinedOutput()
	require.NoError(p.t, err, "%s", out)
	return string(out)
}

// TestOperation: who still waits in which release's code, what the metrics and expvar
// say, that profiles name functions of updates, and whose the lines of a crash are.
func TestOperation(t *testing.T) {
	p := StartWith(t, filepath.Join(t.TempDir(), "admin.sock"), []string{"GOTRACEBACK=system"}, ops1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, `r1 ""`, p.Ask("mux"), "nothing is registered that the program has not asked for")
	require.Equal(t, "none", p.Ask("vars"))
	require.Regexp(t, `main\.burn\n`, p.profiled("r1"))
	require.Equal(t, "r1", p.Ask("wait"))
	l := p.waiters(map[int]int{1: 3})
	require.Equal(t, "example.com/ops.waiter", l[0].Key)
	require.Equal(t, "main.waiter", l[0].Func)
	require.Regexp(t, `/main\.go:19$`, l[0].Pos)
	require.NotEmpty(t, l[0].Points)
	require.Zero(t, l[0].Least, "nobody has waited for minutes")
	require.Equal(t, "0", p.metric(`upstarego_updates_total{outcome="committed"}`))

	begin := time.Now()
	p.MustUpdate(ops2.Update(t))
	l = p.waiters(map[int]int{1: 3})
	require.Positive(t, l[0].Least, "in old code since the update")
	require.Less(t, l[0].Least, int64(time.Since(begin)))
	p.Send("wake")
	require.Equal(t, "r2 woken 1", p.Line())
	l = p.waiters(map[int]int{1: 2, 2: 1})
	require.Equal(t, filepath.Base(l[0].Pos), filepath.Base(l[1].Pos))
	require.Zero(t, l[1].Least)
	out, exit := run(t, "goroutines", "-addr", p.sock, "-old", "-func", "waiter")
	require.Equal(t, 0, exit, out)
	require.Regexp(t, `(?m)^2 +1 +main\.waiter +/.*/main\.go:19 +\d+ +~ chan receive`, out)
	require.NotRegexp(t, `(?m)^1 +2 +main`, out)
	require.Regexp(t, `goroutines: \d+ in code of earlier releases than 2, `, out)

	require.Equal(t, "2", p.metric("upstarego_release_number"))
	require.Equal(t, "1", p.metric(`upstarego_updates_total{outcome="committed"}`))
	require.Equal(t, "1", p.metric(`upstarego_modules{state="committed"}`))
	require.Equal(t, "0", p.metric(`upstarego_modules{state="abandoned"}`))
	require.NotEqual(t, "0", p.metric("upstarego_modules_text_bytes"))
	require.NotEqual(t, "0", p.metric("upstarego_stop_max_seconds"))
	require.Equal(t, p.metric("upstarego_stop_seconds_count"), p.metric(`upstarego_stop_seconds_bucket{le="+Inf"}`))
	var vars map[string]any
	require.NoError(t, json.Unmarshal([]byte(p.Ask("vars")), &vars), "the second release has expvar")
	require.EqualValues(t, 2, vars["release_number"])
	require.EqualValues(t, 1, vars["updates_total"].(map[string]any)["committed"])
	require.Equal(t, `r2 "GET /debug/vars"`, p.Ask("mux"))
	require.Regexp(t, `main\.burn\n`, p.profiled("r2"))

	out, exit = run(t, "history", "-addr", p.sock)
	require.Equal(t, 0, exit, out)
	require.Regexp(t, `(?m)^1 .* 1 -> 2 +committed .*prog\.update +[0-9a-f]{12} .*uid \d+, pid \d+$`, out)

	saved := filepath.Join(t.TempDir(), "status")
	out, exit = run(t, "status", "-json", "-addr", p.sock)
	require.Equal(t, 0, exit, out)
	require.NoError(t, os.WriteFile(saved, []byte(out), 0o666))

	// A debugger finds functions of the update where the process has them.
	object := filepath.Join(t.TempDir(), "two.so")
	out, exit = run(t, "object", "-status", saved, "-o", object, ops2.Update(t))
	require.Equal(t, 0, exit, out)
	var file string
	var slide, from, to uint64
	_, err := fmt.Sscanf(out, "add-symbol-file %s -o %v", &file, &slide)
	require.NoError(t, err, out)
	f, err := elf.Open(file)
	require.NoError(t, err)
	defer f.Close()
	text := p.Status()["releases"].([]any)[1].(map[string]any)["text"].([]any)
	_, err = fmt.Sscan(text[0].(string), &from)
	require.NoError(t, err)
	_, err = fmt.Sscan(text[1].(string), &to)
	require.NoError(t, err)
	symbols, err := f.Symbols()
	require.NoError(t, err)
	i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == "example.com/ops.crash" })
	require.GreaterOrEqual(t, i, 0)
	crashAt := symbols[i].Value + slide
	require.True(t, from <= crashAt && crashAt < to, "%#x is not in %#x–%#x", crashAt, from, to)

	p.Send("crash now")
	p.Ended()
	at := regexp.MustCompile(`main\.crash\(.*\n\t.* pc=(0x[0-9a-f]+)`).FindStringSubmatch(p.Errors())
	require.NotNil(t, at, p.Errors())
	var pc uint64
	_, err = fmt.Sscan(at[1], &pc)
	require.NoError(t, err)
	require.True(t, crashAt < pc && pc <= crashAt+symbols[i].Size, "%#x is not in the function at %#x", pc, crashAt)
	crash := filepath.Join(t.TempDir(), "crash")
	require.NoError(t, os.WriteFile(crash, []byte(p.Errors()), 0o666))
	out, exit = run(t, "trace", "-status", saved, crash)
	require.Equal(t, 0, exit, out)
	require.Regexp(t, `main\.crash\(.*\n\t.*/main\.go:61 .* ← release 2\n`, out)
	require.Regexp(t, `main\.waiter\(.*\n\t.*/main\.go:19 .* ← release 1\n`, out)
	require.Regexp(t, `main\.waiter\(.*\n\t.*/main\.go:19 .* ← release 2\n`, out)

	// What a program prints by itself has no addresses.
	require.NoError(t, os.WriteFile(crash, regexp.MustCompile(` fp=.*`).ReplaceAll([]byte(p.Errors()), nil), 0o666))
	first := filepath.Join(t.TempDir(), "first")
	require.NoError(t, os.Symlink(ops1.Exe(t), first))
	out, exit = run(t, "trace", "-exe", first, "-exe", ops2.Update(t), crash)
	require.Equal(t, 0, exit, out)
	require.Regexp(t, `main\.crash\(.*\n\t.*/main\.go:61 .* ← prog\.update\n`, out)
	require.Regexp(t, `main\.waiter\(.*\n\t.*/main\.go:19 .* ← first`, out)

	// The second release from a cold start.
	p = Start(t, ops2.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.NoError(t, json.Unmarshal([]byte(p.Ask("vars")), &vars))
	require.EqualValues(t, 1, vars["release_number"])
}

var (
	metricHelp = regexp.MustCompile(`^# HELP (upstarego_[a-z_]+) [A-Z].*\.$`)
	metricType = regexp.MustCompile(`^# TYPE (upstarego_[a-z_]+) (counter|gauge|histogram)$`)
	metricLine = regexp.MustCompile(`^(upstarego_[a-z_]+?)(?:_bucket|_sum|_count)?(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? [-+0-9.e]+$`)
)

// TestMetricsAreWellFormed: Prometheus's text format, and every metric is documented.
func TestMetricsAreWellFormed(t *testing.T) {
	docs, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	p := Start(t, ops1.Exe(t))
	require.Equal(t, "ready", p.Line())
	p.MustUpdate(ops2.Update(t))
	status, text := p.HTTP(http.MethodGet, "/metrics", "")
	require.Equal(t, 200, status)
	name, n := "", 0
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		if m := metricHelp.FindStringSubmatch(lines[i]); m != nil {
			name = m[1]
			i++
			kind := metricType.FindStringSubmatch(lines[i])
			require.NotNil(t, kind, lines[i])
			require.Equal(t, name, kind[1])
			require.Equal(t, kind[2] == "counter", strings.HasSuffix(name, "_total"), name)
			require.Contains(t, string(docs), "`"+name, "it is not documented")
			n++
			continue
		}
		m := metricLine.FindStringSubmatch(lines[i])
		require.NotNil(t, m, lines[i])
		require.True(t, m[1] == name || strings.HasPrefix(lines[i], name), "%s is behind %s", lines[i], name)
	}
	require.Greater(t, n, 20)
	for _, m := range regexp.MustCompile("`(upstarego_[a-z_]+)").FindAllStringSubmatch(string(docs), -1) {
		require.Contains(t, text, "# TYPE "+m[1]+" ", "documented, and there is none")
	}
}
