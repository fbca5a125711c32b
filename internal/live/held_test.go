package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const held = "../../testdata/live/held/r1"

// TestParkedOnChangedChannel: a goroutine that waits for a value of a changed type, and
// has waited since before it, gets the new release's.
func TestParkedOnChangedChannel(t *testing.T) {
	r1 := Build(t, held, "")
	r2 := Build(t, Copy(t, held, "n int32", "n int64"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "waiting", p.Line())
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "value 7", p.Ask("value"))
	require.Equal(t, "received 5", p.Ask("receive"))
	require.Equal(t, "value 7", p.Ask("value"))
}

// TestHeldMethodExpression: a method expression that is held as a value would be
// called with a receiver of the new type; its old code cannot tell.
func TestHeldMethodExpression(t *testing.T) {
	expr := []string{"shared := &item{7}", "shared, value := &item{7}, (*item).value", "shared.value()", "value(shared)"}
	r1 := Build(t, Copy(t, held, expr...), "")
	r2 := Build(t, Copy(t, held, append(expr, "n int32", "n int64")...), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "waiting", p.Line())
	require.Equal(t, "received 5", p.Ask("receive"))
	o := p.MustFail("UP2006", r2+".update")
	require.Contains(t, o.Stderr, "method expression")
	require.Equal(t, "value 7", p.Ask("value"))
}
