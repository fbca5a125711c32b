package live

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

const held = "../../testdata/live/held/r1"

// TestParkedOnChangedChannel: a goroutine that waits for a value of a changed type, and
// has waited since before it, gets the new release's.
func TestParkedOnChangedChannel(t *testing.T) {
	t.Parallel()
	r1 := Build(t, held, "")
	r2 := Build(t, Copy(t, held, "n int32", "n int64"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "waiting", p.Line())
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "value 7", p.Ask("value"))
	require.Equal(t, "received 5", p.Ask("receive"))
	require.Equal(t, "value 7", p.Ask("value"))
}

// TestMethodExpressions: method expressions that are held as values, and method values, go on
// through releases that change what they are about. Both are called by newer code, by foreign
// code, and by go and defer statements.
func TestMethodExpressions(t *testing.T) {
	t.Parallel()
	const archive = "../../testdata/live/expressions.txtar"
	// One field more in front of the other, and then another size: what reads the object as an
	// earlier release has it gets something else.
	literals := []string{"[]*item{{3}, {1}, {2}}", "[]*item{{n: 3}, {n: 1}, {n: 2}}", "&item{100}", "&item{n: 100}", "&item{5}", "&item{n: 5}"}
	second := append(slices.Clone(literals), "	n int32", "	before string\n	n int32")
	third := append(slices.Clone(literals), "	n int32", "	before string\n	between [3]int\n	n int64", "it.n += int32(n)", "it.n += int64(n)")
	r1 := Build(t, Unpack(t, archive), "")
	r2 := Build(t, Unpack(t, archive, second...), r1)
	r3 := Build(t, Unpack(t, archive, third...), r2, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "ready", p.Line())
	items, hidden := []int{3, 1, 2}, 100
	use := func() {
		for range 2 {
			items[1] += 10
			require.Equal(t, fmt.Sprintf("%d %d", items[1], items[1]), p.Ask("table"))
			items[0] += 10
			require.Equal(t, fmt.Sprintf("%d %d %d", items[0], items[0], items[0]-items[1]), p.Ask("bound"))
			hidden += 10
			require.Equal(t, fmt.Sprint(hidden), p.Ask("hidden"))
			require.Equal(t, "true 5", p.Ask("itself"))
			items[2]++
			require.Equal(t, fmt.Sprint(items[2]), p.Ask("go"))
			items[2]++
			require.Equal(t, fmt.Sprint(items[2]), p.Ask("defer"))
		}
	}
	use()
	p.MustUpdate(r2 + ".update")
	use()
	p.MustUpdate(r3 + ".update")
	use()
	slices.Sort(items)
	require.Equal(t, fmt.Sprintf("%d %d %d ", items[0], items[1], items[2]), p.Ask("sort"))
}

// TestWrappedMethodExpressions: an expression of a method that takes its receiver by value, or of
// an embedded field's, is code of its release that reads the object as that has it.
func TestWrappedMethodExpressions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new string }{
		{"by value", "(it *item) value()", "(it item) value()"},
		{"embedded", "shared := &item{7}", "shared, value := &outer{item{7}}, (*outer).value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			expr := []string{c.old, c.new}
			if c.name == "by value" {
				expr = append(expr, "shared := &item{7}", "shared, value := &item{7}, item.value", "shared.value()", "value(*shared)")
			} else {
				expr = append(expr, "shared.value()", "value(shared)", "func receive(", "type outer struct{ item }\n\nfunc receive(")
			}
			r1 := Build(t, Copy(t, held, expr...), "")
			out, err := TryBuild(t, Copy(t, held, append(expr, "n int32", "n int64")...), filepath.Join(t.TempDir(), "exe"), r1, "-update-only")
			require.Error(t, err)
			require.Contains(t, out, "main.go:13:1: a method expression of example.com/held.")
			require.Contains(t, out, "[UP3022]")
		})
	}
}

// TestNarrowerArguments: functions that are held take an integer that is smaller in the next
// releases, beside a struct that has grown: newer code passes what it has, whatever else is in
// the register. (What an old function could not see of it is refused: framemap/check's
// handed_over.txtar.)
func TestNarrowerArguments(t *testing.T) {
	t.Parallel()
	const archive = "../../testdata/live/narrow.txtar"
	next := func(level, release string) []string {
		return []string{"type level int64", "type level " + level, "struct{ n int32 }", "struct {\n\tbefore string\n\tn int32\n}",
			"&mark{by.n + 1}", "&mark{n: by.n + 1}", "&mark{int32(l) + 5}", "&mark{n: int32(l) + 5}", "r1 ", release + " "}
	}
	r1 := Build(t, Unpack(t, archive), "")
	r2 := Build(t, Unpack(t, archive, next("int16", "r2")...), r1)
	// Of the same size, and another sign.
	r3 := Build(t, Unpack(t, archive, append(next("int8", "r3"), "type unit uint32", "type unit int32", "4000000000", "-4000")...), r2, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "ready", p.Line())
	literal := 0
	use := func(release, u string, values ...int) {
		for _, n := range values {
			literal += n
			want := fmt.Sprintf("it first %[2]d %[3]d %[4]s | it %[2]d %[5]d %[6]d | %[1]s plain %[2]d | %[1]s literal %[7]d | %[2]d", release, n, n+5, u, n+1, n+6, literal)
			require.Equal(t, want, p.Ask(fmt.Sprint(n)))
		}
	}
	use("r1", "4000000000", 70000, -70000, 97)
	p.MustUpdate(r2 + ".update")
	use("r2", "4000000000", 30000, -30000, -3)
	p.MustUpdate(r3 + ".update")
	use("r3", "-4000", -100, 105, 20)
}
