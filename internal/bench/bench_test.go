package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// forTest is a bench whose tool is built from this tree.
func forTest(t *testing.T) *bench {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	o := Options{Tool: filepath.Join(t.TempDir(), "upstarego"), Root: root, Work: t.TempDir(), Quick: true, Log: t.Logf}
	_, err = command(t.Context(), root, nil, "go", "build", "-o", o.Tool, "./cmd/upstarego")
	require.NoError(t, err)
	return &bench{Options: o, Report: newReport(true)}
}

// TestProgramsAgree: the plain and the instrumented compute programs do the same, and the instrumented ones need no more for
// it than is known.
func TestProgramsAgree(t *testing.T) {
	b := forTest(t)
	names, exes, _, err := b.buildPrograms(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(names), 21)
	for _, n := range names {
		var results [2]string
		for i, exe := range exes {
			for _, rounds := range []int{1, 7} {
				r, err := execute(t.Context(), exe, n, rounds)
				require.NoError(t, err)
				results[i] += string(r.Result) + " "
			}
		}
		require.Equal(t, results[0], results[1], n)
		first, last, _ := strings.Cut(results[0], " ")
		require.NotEqual(t, first, strings.TrimSpace(last), "%s: more rounds make no difference", n)
		p := Program{Name: n}
		require.NoError(t, measureCode(exes, &p))
		require.Greater(t, p.Other.CodeAll, p.Plain.CodeAll, "%s is not instrumented", n)
	}
	checkAllocations(t, exes, names)
	checkInstructions(t, exes)
}

// TestUnoptimisedIsSeen: counting tells programs apart that compute the same, and two builds of one cost the same.
func TestUnoptimisedIsSeen(t *testing.T) {
	if _, err := exec.LookPath("valgrind"); err != nil {
		t.Skip("valgrind is not installed")
	}
	names, dir := []string{"nbody", "parser"}, t.TempDir()
	require.NoError(t, writePrograms(dir, names))
	exe := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, buildPlain(t.Context(), dir, exe("plain")))
	require.NoError(t, buildPlain(t.Context(), dir, exe("again"), "-trimpath"))
	require.NoError(t, buildPlain(t.Context(), dir, exe("slow"), "-gcflags="+programsModule+"/...=-N -l"))
	b := &bench{}
	for _, n := range names {
		var same, slow Program
		same.Name, slow.Name = n, n
		require.NoError(t, b.count(t.Context(), &same, [2]string{exe("plain"), exe("again")}, 20))
		require.NoError(t, b.count(t.Context(), &slow, [2]string{exe("plain"), exe("slow")}, 20))
		require.InDelta(t, 1, float64(same.Instructions), 0.1, n)
		require.InDelta(t, 1, float64(same.Branches), 0.1, n)
		require.Greater(t, float64(slow.Instructions), 1.3, n)
		require.Equal(t, same.Plain.Allocs, same.Other.Allocs)
	}
}

// TestGapIsMeasured: clients of a process that is updated, from beginning to end.
func TestGapIsMeasured(t *testing.T) {
	b := forTest(t)
	p, err := b.pair(t.Context(), "echo", 0, nextRelease...)
	require.NoError(t, err)
	all, err := b.gapOnce(t.Context(), p, 20, 200)
	require.NoError(t, err)
	require.Len(t, all, askers)
	for _, c := range all {
		require.Positive(t, c.gap)
		require.Positive(t, c.p999)
	}
}

func TestFigure(t *testing.T) {
	var runs []float64
	for i := range 20 {
		runs = append(runs, 1+float64((i*7)%20)/100)
	}
	f := figure(runs)
	require.InDelta(t, 1.095, float64(f.Median), 1e-9)
	require.Equal(t, 20, f.Runs)
	require.Less(t, float64(f.Lo), 1.07)
	require.Greater(t, float64(f.Hi), 1.12)
	require.Greater(t, float64(f.Lo), 1.0)

	few := figure([]float64{1, 2, 3})
	require.True(t, math.IsInf(float64(few.Hi), 1), "three runs say next to nothing")
	text, err := json.Marshal(few)
	require.NoError(t, err)
	require.JSONEq(t, `{"median": 2, "lo": null, "hi": null, "runs": 3}`, string(text))

	require.Equal(t, []float64{2, 0.5, 1}, ratios([]float64{4, 1, 0}, []float64{2, 2, 0}))
	require.InDelta(t, 2, geometricMean([]float64{1, 4}), 1e-9)
}

func TestJudge(t *testing.T) {
	most, least, none := Row{Most: 1.1}, Row{Least: 0.98}, Row{None: true}
	of := func(lo, hi float64) Figure {
		return Figure{Median: Number((lo + hi) / 2), Lo: Number(lo), Hi: Number(hi), Runs: 9}
	}
	require.Equal(t, Met, most.Judge(of(1, 1.1)))
	require.Equal(t, Undecided, most.Judge(of(1, 1.2)))
	require.Equal(t, Missed, most.Judge(of(1.15, 1.2)))
	require.Equal(t, Undecided, most.Judge(figure([]float64{1, 1})))
	require.Equal(t, Met, least.Judge(of(0.99, 1.2)))
	require.Equal(t, Undecided, least.Judge(of(0.9, 1.2)))
	require.Equal(t, Missed, least.Judge(of(0.9, 0.97)))
	require.Equal(t, Met, none.Judge(exact(0)))
	require.Equal(t, Missed, none.Judge(exact(2)))
	require.Equal(t, NoGoal, Row{}.Judge(exact(3)))
	sized := Row{Most: 1.1, Sized: true}
	require.Equal(t, Smaller, sized.verdict(exact(1), true))
	require.Equal(t, Missed, sized.verdict(exact(2), true))
	require.Equal(t, Met, sized.verdict(exact(1), false))
}

// TestReport: every row is in the table, in Markdown and in JSON, measured or not, and says why not.
func TestReport(t *testing.T) {
	r := newReport(false)
	r.set("compute/time", figure([]float64{1.01, 1.02, 1.03, 1.01, 1.02, 1.03}), "six | runs")
	r.row("state/map").Failed = "it broke\nbadly"
	r.leave("gap/code", "no descriptors")
	r.Programs = []Program{{Name: "fib", Time: figure([]float64{1, 2}), Plain: Cost{Instructions: 100}, Instructions: 1.25}}
	var table, markdown, js bytes.Buffer
	require.NoError(t, r.WriteTable(&table))
	require.NoError(t, r.WriteMarkdown(&markdown))
	require.NoError(t, r.WriteJSON(&js))
	for _, row := range Rows() {
		require.Contains(t, table.String(), row.Name+" ")
		require.Contains(t, markdown.String(), "| "+row.Name+" | "+row.What+" |")
		require.Contains(t, js.String(), `"name": "`+row.Name+`"`)
	}
	require.Contains(t, markdown.String(), `1.020 | 1.010 … 1.030 | 6 | undecided | six \| runs |`)
	for _, text := range []string{table.String(), markdown.String()} {
		require.Regexp(t, `failed[ |]+it broke`, text)
		require.Regexp(t, `not measured[ |]+no descriptors`, text)
		require.Contains(t, text, "too few runs")
		require.Contains(t, text, "1.250")
		require.Contains(t, text, "load average")
	}
	var back Report
	require.NoError(t, json.Unmarshal(js.Bytes(), &back))
	require.Equal(t, []string{"state/map"}, back.Failed())
}

// TestKeep: what a run was not asked for is that of an earlier one, and says so; what went wrong stays so.
func TestKeep(t *testing.T) {
	earlier, now := newReport(true), newReport(false)
	earlier.Began = time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	earlier.set("state/map", exact(7), "old")
	earlier.set("state/list", exact(8), "old")
	earlier.set("gap/code", exact(9), "old")
	now.set("state/map", exact(1), "new")
	now.row("gap/code").Failed, now.row("gap/code").Missing = "broken", ""
	now.Keep(earlier)
	require.Equal(t, "new", now.row("state/map").Note)
	require.Nil(t, now.row("gap/code").Figure)
	require.Equal(t, notAsked, now.row("state/tree").Missing)
	var table bytes.Buffer
	require.NoError(t, now.WriteTable(&table))
	require.Regexp(t, `state/list .* 8\.000 ms .*old \(2026-01-02 03:04, reduced; load`, table.String())
}

// TestRows: each row belongs to a subject, has a name of its own, and is of programs that are there.
func TestRows(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rows() {
		require.False(t, seen[r.Name], r.Name)
		seen[r.Name] = true
		subject, _, _ := strings.Cut(r.Name, "/")
		require.Contains(t, Subjects(), subject)
		for _, at := range []string{r.On, filepath.Join("..", "..", r.On)} {
			if fi, err := os.Stat(at); err == nil && fi.IsDir() {
				at = ""
			}
			if at == "" {
				seen[r.On] = true
			}
		}
		require.True(t, seen[r.On], "%s: no directory %s", r.Name, r.On)
	}
}

// TestWhatIsNotMeasured: a subject that goes wrong, or cannot be had, does so by name, and the others go on.
func TestWhatIsNotMeasured(t *testing.T) {
	was := subjects
	defer func() { subjects = was }()
	subjects = []subject{
		{"compute", func(*bench, context.Context) error { return os.ErrNotExist }},
		{"gap", func(*bench, context.Context) error { return missing("there is none") }},
		{"size", func(b *bench, _ context.Context) error {
			b.set("size/update", exact(0.5), "")
			b.leave("size/resident", "too dear")
			return nil
		}},
	}
	b := &bench{Options: Options{Only: regexp.MustCompile("^size/update$|^gap")}}
	require.True(t, b.wanted("size") && b.wanted("gap") && b.wantedRow("size/update") && b.wantedRow("gap/code"))
	require.False(t, b.wanted("compute") || b.wantedRow("size/resident"))
	part, err := Run(t.Context(), Options{Log: t.Logf, Only: b.Only})
	require.NoError(t, err)
	require.Empty(t, part.Failed(), "what was not asked for did not fail")
	r, err := Run(t.Context(), Options{Log: t.Logf})
	require.NoError(t, err)
	require.Equal(t, os.ErrNotExist.Error(), r.row("compute/time").Failed)
	require.Equal(t, "there is none", r.row("gap/code").Missing)
	require.Equal(t, Met, r.row("size/update").Verdict)
	require.Equal(t, "too dear", r.row("size/resident").Missing)
	require.Contains(t, r.Failed(), "size/executable", "nothing has measured it, and nobody says why")
	require.Equal(t, notAsked, r.row("state/map").Missing)
}

func TestReadOtherTools(t *testing.T) {
	l, err := readRedis("WARNING: no config\n" + `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
"SET","100.00","0.3","0.1","0.3","0.5","2.000","4"
"GET","300.00","0.3","0.1","0.3","0.5","4.000","4"
`)
	require.NoError(t, err)
	require.InDelta(t, 150, l.rate, 1e-9, "two requests take 1/100 and 1/300 s")
	require.InDelta(t, 3, l.p99, 1e-9)
	_, err = readRedis("Could not connect")
	require.ErrorContains(t, err, "no table")

	const wrk = "  Latency Distribution\n     50%  353.00us\n     99%    1.85ms\n  88321 requests in 1.00s, 10MB read\n"
	l, err = readWrk(wrk + "Requests/sec:  87654.25\n")
	require.NoError(t, err)
	require.Equal(t, served{rate: 87654.25, p99: 1.85}, l)
	_, err = readWrk(wrk + "  Socket errors: connect 0, read 3, write 0, timeout 0\nRequests/sec: 5\n")
	require.ErrorContains(t, err, "read 3")

	require.Equal(t, map[string]float64{"rewriting it": 0.25, "in all": 3}, readTimings("warning: x\n   0.250 s  rewriting it\n   3.000 s  in all\n"))
}

// TestBrokerIsMeasured: messages of a broker, each of which is looked at when it arrives.
func TestBrokerIsMeasured(t *testing.T) {
	b := &bench{Options: Options{Work: t.TempDir(), Log: t.Logf}}
	exe := filepath.Join(b.Work, "mochi")
	require.NoError(t, buildPlain(t.Context(), filepath.Join("..", "..", "examples", "mochi", "v2.4.5"), exe))
	s, err := b.serveAt(t.Context(), exe)
	require.NoError(t, err)
	defer s.stop()
	l, err := publish(s, 100*time.Millisecond)
	require.NoError(t, err)
	require.GreaterOrEqual(t, l.rate, float64(publishers*together))
	require.Positive(t, l.p99)
}
