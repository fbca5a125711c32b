package live

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

const foreign = "../../testdata/live/foreign.txtar"

func foreignRelease(from *Shared, part string) *Shared {
	return &Shared{From: from, Source: func(t testing.TB) string { return Assemble(t, foreign, "common", part) }}
}

var (
	foreign1 = foreignRelease(nil, "r1")
	foreign2 = foreignRelease(foreign1, "r2")
	foreign3 = foreignRelease(foreign2, "r3").AsLast()
)

// heldByForeignCode is what foreign code does with what it has been given, in the release of turn
// 0, 1 or 2: each callback is the newest release's, is called once, and has the object
// that it has had, with what it counted.
func heldByForeignCode(turn int) []string {
	r := fmt.Sprint("r", turn+1)
	notified := ""
	if turn == 2 {
		notified = " r3 notified 1"
	}
	return strings.Split(fmt.Sprintf(strings.Join([]string{
		`init: 1 "%[1]s expvar %[4]d" invalid value "x" for flag -f: %[1]s expvar %[5]dx %[1]s expvar %[6]d logged, %[1]s expvar %[7]d slogged`,
		`AfterFunc: true %[1]s timer%[2]d 1, true %[1]s timer%[2]d 2, true %[1]s timer alone 1 false`,
		`again: %[1]s again %[3]d`,
		`context.AfterFunc: true %[1]s ctx%[2]d 1 false`,
		`WithValue: %[1]s value %[3]d`,
		`ticker: ticks`,
		`rearmed: false`,
		`OnceFunc: %[1]s once%[2]d 1`,
		`atomic.Value: %[1]s boxed %[3]d true false x`,
		`Pool: %[1]s fresh %[1]s 1`,
		`signals: %[1]s signal %[3]d%[9]s`,
		`finalizers: %[1]s clean%[2]d 1, %[1]s final%[2]d 1`,
		`weak: true true true true`,
		`containers: %[1]s element %[3]d, %[1]s element alone %[3]d, %[1]s queued%[10]d 11`,
		`Pull: %[1]s pulled %[11]d %[1]s pulled %[12]d true`,
		`sync.Map: %[1]s stored %[3]d true %[1]s stored alone %[3]d true`,
		`template: %[1]s template %[11]d %[1]s template %[12]d <nil>`,
		// Connections are counted. A value in a context that only net/http's goroutine has is
		// of the type that it was made with, until an assertion of new code comes upon it.
		`http: %[1]s page itself %[12]d %[12]d %[1]s context conn %[13]d, %[1]s page itself %[14]d %[14]d %[1]s context conn 1, ` +
			`%[1]s page %[3]d, %[1]s expvar %[8]d, %[1]s %[15]d, %[1]s true, %[1]s true`,
		`sql: %[1]s stmt %[16]d on %[1]s db %[17]d, %[1]s rows of query %[13]d, %[1]s in tx 1 on %[1]s db 1, %[1]s db 2 commits, <nil> 5 %[18]d`,
		`turn: `,
	}, "\n"), r, turn, turn+1, 5*turn+1, 5*turn+2, 5*turn+3, 5*turn+4, 5*turn+5, notified, []int{0, 3, 1}[turn], 2*turn+1, 2*turn+2,
		turn+2, 2*turn+3, []int{3, 8, 11}[turn], []int{1, 1, 2}[turn], []int{1, 3, 4}[turn], 5-turn), "\n")
}

// flights are foreign calls in whose middle the program waits, and what they come to
// in a release.
var flights = []struct{ kind, result string }{
	{"ints", "%[1]s %[2]s[1 2 3]"},
	{"Range", "%[2]s 5"},
	{"replace", "%[1]s one %[2]s %[1]s two %[2]s!bc"},
	{"errgroup", "%[2]s 3 %[2]s i5 4"},
	{"singleflight", "true %[2]s i5 true %[2]s i5 true %[2]s i5"},
	{"bufio", `%[2]s "first second\n" <nil> "third\n" %[2]s reader 3`},
	{"scan", `["first second %[2]s" "third %[2]s"] <nil> %[2]s reader 4`},
	{"half", `%[2]s half 1 "first" <nil> " second\n" <nil> "third\n" <nil> %[2]s context conn 1`},
	{"hijack", `%[2]s "first second\n" <nil> "third\n" <nil> 1 conn`},
}

const sorted = "r1 i0 i1 i2 i3 i4 i5 i6 i7 i8 i9 i10 i11 i12 i13 i14 i15 i16 i17 i18 i19"

// heldUp are foreign calls that have objects that move, how they begin, and what they
// come to.
var heldUp = []struct{ kind, call, result string }{
	{"sort.Slice", "sort.Slice(l,", sorted},
	{"sort.Sort", "sort.Sort(", sorted},
	{"sort.Stable", "sort.Stable(", sorted},
	{"SortFunc", "slices.SortFunc(l,", sorted},
	{"SortStableFunc", "slices.SortStableFunc(l,", sorted},
	{"MaxFunc", "slices.MaxFunc(", "r1 i19 30true"},
	{"slice", "sort.Slice(k,", "i3i5i8"},
	{"template", "t.Execute(", "r1 i5 16,r1 i3 14,r1 i8 19,<nil>"},
	{"copy", "io.Copy(to,", `r1 19 <nil> "first second\nthird\n" r1 reader 4 r1 sink 3`},
}

// TestForeign: what foreign code holds since the first release, and what it is in the
// middle of, goes on in the newest.
func TestForeign(t *testing.T) {
	t.Parallel()
	p := Start(t, foreign1.Exe(t))
	require.Equal(t, "set", p.Ask("set"))
	ask := func(turn int) {
		t.Helper()
		p.Send("ask")
		require.Equal(t, heldByForeignCode(turn), p.Until("end"))
	}
	ask(0)

	// An update waits for foreign calls that have objects that move, and names them.
	for _, f := range heldUp {
		require.Equal(t, "entered", p.Ask("enter "+f.kind))
	}
	o := p.MustFail("UP2007", foreign2.Update(t), "-timeout", "1s")
	for _, f := range heldUp {
		require.Contains(t, o.Stderr, fmt.Sprintf("flights.go:%d: example.com/foreign.(*flight).fly, point ", lineOf(t, f.call)), f.kind)
		require.Equal(t, f.result, p.Ask("leave "+f.kind))
	}
	// Nor does an object move whose end something waits for.
	for what, says := range map[string]string{"finalizer": "has a finalizer", "cleanup": "has a cleanup"} {
		require.Equal(t, "bound to "+what, p.Ask("bind "+what))
		o := p.MustFail("UP2010", foreign2.Update(t))
		require.Contains(t, o.Stderr, says)
		require.Contains(t, o.Stderr, "found at example.com/foreign.bound")
		require.Equal(t, "bound to nothing", p.Ask("bind nothing"))
	}

	enter := func(which string) {
		t.Helper()
		for _, f := range flights {
			require.Equal(t, "entered", p.Ask("enter "+f.kind+" "+which))
		}
	}
	leave := func(release, which string) {
		t.Helper()
		for _, f := range flights {
			name := f.kind + " " + which
			require.Equal(t, fmt.Sprintf(strings.ReplaceAll(f.result, "%[1]s", name), nil, release), p.Ask("leave "+name), f.kind)
		}
	}
	enter("a")
	enter("b")
	p.MustUpdate(foreign2.Update(t))
	ask(1)
	leave("r2", "a")
	enter("c")
	p.MustUpdate(foreign3.Update(t))
	ask(2)
	leave("r3", "b")
	leave("r3", "c")
}

// lineOf is the line of flights.go that begins a call.
func lineOf(t *testing.T, call string) int {
	t.Helper()
	a, err := txtar.ParseFile(foreign)
	require.NoError(t, err)
	for _, f := range a.Files {
		if before, _, ok := bytes.Cut(f.Data, []byte(call)); ok && f.Name == "common/flights.go" {
			return bytes.Count(before, []byte("\n")) + 1
		}
	}
	t.Fatal("no " + call)
	return 0
}
