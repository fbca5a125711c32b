package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/targets"
)

func TestTmpNSQ(t *testing.T) {
	all, err := targets.Find("../../../examples/targets", "nsqd")
	require.NoError(t, err)
	for _, r := range all[0] {
		exe, err := (&builder{dir: t.TempDir()}).plain(t.Context(), r)
		require.NoError(t, err)
		p, err := start(t.Context(), nsqd{}, exe, t.TempDir())
		require.NoError(t, err)
		l, err := begin(t.Context(), nsqd{}, p.addr, 1, t.Logf)
		require.NoError(t, err)
		one, err := cold(t.Context(), nsqd{}, exe, t.TempDir(), 5)
		for _, s := range one {
			t.Log(s)
		}
		time.Sleep(3 * time.Second)
		s := l.rec.take()
		t.Logf("%s: %+v", r.Version, s)
		l.end()
		p.kill()
		require.NoError(t, err)
	}
}
